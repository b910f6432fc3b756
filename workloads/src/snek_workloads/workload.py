"""What a workload is: one program text, its arguments, and what is known about its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

SIZES = ("tiny", "small", "medium")
"""Every workload has these sizes; `paper` too where a paper gives parameters, and others as it needs them."""

Arguments = tuple[object, ...]
"""Host arguments after `xp`: NumPy arrays and scalars are data, Python scalars are static parameters."""


@dataclass(frozen=True)
class Workload:
    """One program as data.

    `program` is the text: a function whose first parameter `xp` is an array namespace (Python Array API names).
    `arguments(rng, size)` draws one argument set; sets of one size share dtypes, shapes and static parameters.
    `witness(*arguments)` computes the answer a second, independent way, in float64.
    `flops(*arguments)` and `bytes_moved(*arguments)` are what any implementation must at least do, for these arguments.
    """

    program: Callable[..., object]
    arguments: Callable[[np.random.Generator, str], Arguments]
    sizes: Mapping[str, Mapping[str, int | float]]
    witness: Callable[..., object]
    flops: Callable[..., float]
    bytes_moved: Callable[..., float]
    relative_tolerance: float
    absolute_tolerance: float
    why: str
    objective: Callable[..., object] | None = None
    """A text over the same parameters that gives one float, where gradients are asked for."""
    by: tuple[str, ...] = ()
    """The names of the parameters that the objective is differentiated by."""
    experts: Mapping[str, str] = field(default_factory=dict)
    """Expert rivals, framework → `module:function` (see `snek_workloads.experts`)."""
    forward_experts: Mapping[str, str] = field(default_factory=dict)
    """Expert rivals that were written without gradients."""

    def __post_init__(self) -> None:
        if bool(self.by) != (self.objective is not None):
            raise ValueError(f"workload {self.name!r} needs both an objective and the parameters it is by, or neither")
        missing = [size for size in SIZES if size not in self.sizes]
        if missing:
            raise ValueError(f"workload {self.name!r} lacks sizes {missing}; every workload has {', '.join(SIZES)}")

    @property
    def name(self) -> str:
        """The workload's name, which is its program's and its file's."""
        return self.program.__name__

    @property
    def positions(self) -> tuple[int, ...]:
        """Where, among the arguments after `xp`, those stand that the objective is differentiated by."""
        parameters = self.program.__code__.co_varnames[1 : self.program.__code__.co_argcount]
        return tuple(parameters.index(name) for name in self.by)
