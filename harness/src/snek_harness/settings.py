"""How a run is measured: the numbers that a user may set, kept in the manifest so that a resumed run uses the same."""

from __future__ import annotations

import msgspec

from snek_core_transform.errors import UsageError


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits and efforts of one run."""

    samples: int = 10
    """Steady samples a cell at least, whatever they cost."""
    most_samples: int = 30
    """Rounds stop here even where time is left."""
    steady_seconds: float = 0.5
    """Per cell: rounds go on past `samples` while the block has spent less than this times its cells."""
    min_sample_seconds: float = 0.005
    """A sample holds as many calls as it takes to last this long, and one at least."""
    stagings: int = 0
    """How many rounds of staging anew come before the samples."""
    threads: int = 1
    """Threads that a framework may compute with."""
    time_limit: float = 60.0
    """Seconds that staging, checking, warming up, or one sample may each take."""
    memory_limit_bytes: int = 4 << 30
    """Resident memory of a cell's process and its children."""
    seed: int = 0
    """What the argument sets are drawn from."""
    argument_sets: int = 3
    """How many argument sets every cell is checked on."""
    spawn: bool = False
    """Start a fresh interpreter for each cell instead of forking the framework's parent; always so on cuda."""

    def __post_init__(self) -> None:
        for name in ("samples", "threads", "time_limit", "memory_limit_bytes", "min_sample_seconds", "argument_sets"):
            value = getattr(self, name)
            if not value > 0:
                raise UsageError(f"{name} must be positive: {value!r}; leave it out for the default")
        if self.stagings < 0:
            raise UsageError(f"stagings must not be negative: {self.stagings!r}; leave it out for none")
        if self.argument_sets < 2:
            raise UsageError(f"argument_sets must be at least 2: {self.argument_sets!r}; later calls need fresh values")
