"""`stage`: a Python function over arrays as a staged program, run by one of the back-ends."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import overload

import numpy as np

from snek_core_transform.errors import UsageError
from snek_strategies.backends.registry import check_threads
from snek_strategies.callables import check_source, preset_of, static_names
from snek_strategies.calls import served_by
from snek_strategies.staged_function import StagedFunction
from snek_strategies.staging.pytrees import Dynamic, Static

FIRST_CALLS = 3
"""How many calls `verify=True` compares with plain Python."""


@overload
def stage(
    function: Callable[..., object],
    *,
    backend: str = "interpret",
    static_argnames: str | Sequence[str] = (),
    unroll: int = 16,
    verify: bool | int = False,
    threads: int = 1,
) -> StagedFunction: ...


@overload
def stage(
    function: None = None,
    *,
    backend: str = "interpret",
    static_argnames: str | Sequence[str] = (),
    unroll: int = 16,
    verify: bool | int = False,
    threads: int = 1,
) -> Callable[[Callable[..., object]], StagedFunction]: ...


def stage(
    function: Callable[..., object] | None = None,
    *,
    backend: str = "interpret",
    static_argnames: str | Sequence[str] = (),
    unroll: int = 16,
    verify: bool | int = False,
    threads: int = 1,
) -> StagedFunction | Callable[[Callable[..., object]], StagedFunction]:
    """Stage `function`: arrays become known only in the next stage, everything else is known while staging.

    A `functools.partial`, an `nn.Module` (its parameters are arguments), an object with a `__call__` of its own, and
    what `snek.grad` gives are staged as well; what was staged before is staged anew, with these settings. Usable as a
    decorator, with or without arguments. NumPy arrays and NumPy scalars among the arguments are dynamic,
    as are numbers given as `snek.dynamic(number)`; Python scalars and strings are static, as are arrays that
    `static_argnames` names or that are given as `snek.static(array)`, functions and classes. Arguments and results may
    be nested in tuples, lists, dicts, dataclasses, objects of other classes of yours, and classes that are registered
    with optree (for all, or in the namespace `snek`; their auxiliary data is static); what the function does to the
    caller's containers and objects happens to them.

    Arrays of JAX and TensorFlow are arguments as NumPy's read-only arrays are; where `backend` is of their system, the
    program runs on them where they are, and gives such arrays. Tensors of PyTorch come back as tensors; those on a GPU
    are for the back-ends `torch` and `torchscript`.

    `backend` names the system that runs the program. A loop over at most `unroll` items that are known while staging
    is unrolled. `verify` compares with plain Python on that many first calls (True: three), and raises StagingError
    at the first difference; the function then runs twice, on copies of its arguments the first time. So many `threads`
    share loops over many elements and large products, and run calls and loops at once that need nothing of each other
    and have taken long, where the back-end can be told (`lantern`); answers and exceptions are those of one thread.

    Raises UsageError for a back-end, an argument name or a number of threads that is not there, and NoSource where the
    function's text cannot be had. StagingError comes from the call, as does Unavailable where the back-end's framework
    or compiler is missing.

    >>> import numpy as np
    >>> @stage
    ... def relu(x):
    ...     return x if x > 0 else 0 * x
    >>> relu(np.float64(2.0)), relu(np.float64(-2.0)), len(relu.stagings())
    (np.float64(2.0), np.float64(-0.0), 1)
    """
    if function is None:
        return functools.partial(
            stage, backend=backend, static_argnames=static_argnames, unroll=unroll, verify=verify, threads=threads
        )
    check_threads(backend, threads)
    calls = FIRST_CALLS if verify is True else int(verify)
    if isinstance(function, StagedFunction):
        return function.restaged(backend, static_argnames, unroll, calls, threads)
    preset = preset_of(function, "stage")
    check_source(preset.function)
    names = static_names(preset.function, static_argnames)
    return served_by(backend, StagedFunction)(preset, backend, names, unroll, calls, threads)


def dynamic(number: bool | int | float | complex) -> Dynamic:
    """Mark a Python number, given to a staged function, as known only in the next stage."""
    if type(number) not in (bool, int, float, complex):
        raise UsageError(f"dynamic() takes a Python number, not {number!r:.60}; arrays are dynamic as they are")
    return Dynamic(number)


def static(array: np.ndarray) -> Static:
    """Mark an array, given to a staged function, as known while staging: other contents are staged anew."""
    if not isinstance(array, np.ndarray):
        raise UsageError(f"static() takes a NumPy array, not {array!r:.60}; Python values are static as they are")
    return Static(array)
