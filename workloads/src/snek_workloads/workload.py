"""What a workload is: one program text, its arguments, and what is known about its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

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

    def __post_init__(self) -> None:
        missing = [size for size in SIZES if size not in self.sizes]
        if missing:
            raise ValueError(f"workload {self.name!r} lacks sizes {missing}; every workload has {', '.join(SIZES)}")

    @property
    def name(self) -> str:
        """The workload's name, which is its program's and its file's."""
        return self.program.__name__
