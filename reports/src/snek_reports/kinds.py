"""Which strategies are Snek's own, which are rivals, and what everything is compared with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final


def baseline(device: str) -> str:
    """Return the program as written: what speed-ups and break-even points are counted from. NumPy knows no GPU."""
    return "eager/torch" if device == "cuda" else "eager/numpy"


def baselines(devices: Iterable[str]) -> str:
    """Name what cells on these devices are counted from.

    >>> baselines(["cpu", "cpu"]), baselines(["cuda", "cpu"])
    ('eager/numpy', 'eager/torch, eager/numpy')
    """
    return ", ".join(dict.fromkeys(map(baseline, devices)))


NOT_MEASURED: Final = "not measured"
"""The outcome word of a planned cell that has no record yet."""

SKIPPED: Final = "skipped"
"""The outcome word of a cell that the plan leaves out on purpose."""


def is_expert(strategy: str) -> bool:
    """Tell whether a cell is what a specialist wrote by hand for the workload: a rival, but compared with apart.

    >>> [is_expert(name) for name in ("expert/jax", "trace/jax")]
    [True, False]
    """
    return strategy.startswith("expert/")


def is_sneks(strategy: str) -> bool:
    """Tell whether a strategy is built on Snek's core; all others are rivals, the eager ones too.

    >>> [is_sneks(name) for name in ("snek/interpret", "autograph/snek", "autograph/snek-torch", "eager/torch")]
    [True, True, True, False]
    """
    return strategy.startswith("snek/") or strategy.endswith(("/snek", "/snek-torch"))


TRACING: Final[dict[str, tuple[str, ...]]] = {"snek/jax": ("trace/jax", "expert/jax")}
"""What each of Snek's stagings is held against: the first that staged the program; an expert's own program at last."""
TRACING_ELSEWHERE: Final = ("autograph/tensorflow", "expert/tensorflow")
"""What those that are not named are held against."""

BY_HAND: Final[dict[str, tuple[str, ...]]] = {
    "snek/tensorflow": ("expert/tensorflow", "autograph/tensorflow", "trace/tensorflow"),
    "snek/jax": ("expert/jax", "trace/jax"),
    "snek/numba": ("expert/numba", "numba/njit"),
    "snek/torchscript": ("torchscript/torch", "trace/torch", "eager/torch"),
    "snek/torch": ("expert/torch", "torchscript/torch", "eager/torch"),
}
"""The programs that people write for the system that a strategy of Snek's hands its own to."""
