"""`grad` and `value_and_grad`: the gradient of a Python function over arrays, as a staged program."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from snek_core_transform.errors import UsageError
from snek_strategies.backends.registry import check_threads
from snek_strategies.callables import Preset, check_source, preset_of, static_names
from snek_strategies.calls import Arguments, served_by
from snek_strategies.staged_function import StagedFunction
from snek_strategies.staging.gradients import mapped, value_and_gradient
from snek_strategies.staging.object_operators import call_program
from snek_strategies.staging.pytrees import Dynamic
from snek_strategies.staging.symbolic_shapes import Shapes
from snek_strategies.staging.trace import StagedProgram, stage_as

MEMORY = ("all", "sqrt")
"""What a gradient keeps of a loop's trips: what it needs of all of them, or of about the root of their number."""


class GradientFunction(StagedFunction):
    """A function's gradient, staged for every new kind of arguments; inside a staged function it is staged in line."""

    def __init__(
        self,
        function: Callable[..., object],
        preset: Preset,
        by: int | tuple[int, ...],
        with_value: bool,
        backend: str,
        static_argnames: tuple[str, ...],
        unroll: int,
        threads: int,
        memory: str,
    ) -> None:
        super().__init__(preset, backend, static_argnames, unroll, 0, threads)
        self._differentiated: Callable[..., object] = function
        self._by = by
        self._with_value = with_value
        self._memory = memory

    def restaged(
        self, backend: str, static_argnames: str | Sequence[str], unroll: int, verify: int, threads: int
    ) -> GradientFunction:
        """Return the same gradient, staged with other settings."""
        if verify:
            raise UsageError("verify: a gradient cannot be compared with plain Python, which has none")
        names, own = static_names(self._function, static_argnames), (self._differentiated, self._preset, self._by)
        kind = served_by(backend, GradientFunction)
        return kind(*own, self._with_value, backend, names, unroll, threads, self._memory)

    def _arguments(self, args: tuple[object, ...], kwargs: dict[str, object]) -> Arguments:
        given, named = super()._arguments(args, kwargs)
        by = self._positions()
        return tuple(mapped(one, _as_data, _as_it_is) if at in by else one for at, one in enumerate(given)), named

    def _positions(self) -> Sequence[int]:
        by = self._by
        inner = self._differentiated
        own = (by,) if isinstance(by, int) else by
        return (*own, *(inner._positions() if isinstance(inner, GradientFunction) else ()))

    def _staged(self, given: Arguments, shapes: Shapes = ()) -> StagedProgram:
        return stage_as(self._function, self._in_line, given, shapes)

    def _in_line(self, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
        by = (self._by,) if isinstance(self._by, int) else self._by
        name = self._function.__name__
        for at in by:
            if not 0 <= at < len(args):
                raise UsageError(f"argnums: {name} was given {len(args)} arguments, and none at position {at}")
        value, gradients = value_and_gradient(self._inner, args, kwargs, by, name, self._memory)
        answer = gradients[0] if isinstance(self._by, int) else gradients
        return (value, answer) if self._with_value else answer

    def _inner(self, *args: object, **kwargs: object) -> object:
        if isinstance(self._differentiated, GradientFunction):
            return self._differentiated._in_line(args, kwargs)
        return call_program(self._operators, self._function, args, kwargs)


def _as_it_is(module: object, _: object) -> object:
    return module


def _as_data(leaf: object) -> object:
    return Dynamic(leaf) if type(leaf) is float else leaf


def grad(
    function: Callable[..., object],
    argnums: int | Sequence[int] = 0,
    *,
    backend: str = "interpret",
    static_argnames: str | Sequence[str] = (),
    unroll: int = 16,
    threads: int = 1,
    memory: str = "all",
) -> GradientFunction:
    """Return a function that answers the gradient of `function`, which gives one float, by an argument.

    `argnums` says by which: one position, or several, for a tuple of gradients. A gradient has the structure of its
    argument, its dtypes and its shapes; arrays of floats, tensors (which get tensors) and Python floats have
    gradients, what else a structure holds stays in it. The gradient by an `nn.Module` is a dict with a tensor for
    each parameter, frozen ones included, named as `named_parameters` does. The other arguments and `backend`,
    `static_argnames`, `unroll`, `threads` are as `snek.stage` takes them. It may be called inside a staged
    function, and differentiated again.

    A gradient keeps what it needs of every trip of a staged loop. With `memory="sqrt"` it keeps the state of the loop
    before some of its n trips, about the root of 2n, and runs the trips between two of these once more when it gets
    there: the same gradient, from memory that grows with the root of n, for one more run of each loop (of a loop in
    loops, one for each loop around it as well). What is printed is printed once.

    Raises UsageError for positions and names that do not exist. The call raises StagingError at the user's place where
    an operation has no derivative, where the argument is not of floats, or where the result is not one float.

    >>> import numpy as np
    >>> grad(lambda x: (x**3).sum())(np.array([1.0, 2.0]))
    array([ 3., 12.])
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    """
    return _gradient(function, argnums, False, backend, static_argnames, unroll, threads, memory)


def value_and_grad(
    function: Callable[..., object],
    argnums: int | Sequence[int] = 0,
    *,
    backend: str = "interpret",
    static_argnames: str | Sequence[str] = (),
    unroll: int = 16,
    threads: int = 1,
    memory: str = "all",
) -> GradientFunction:
    """Return a function that answers the pair of what `function` gives and what `grad` of it gives.

    >>> import numpy as np
    >>> value_and_grad(lambda x, y: x * y, argnums=(0, 1))(np.float64(3.0), np.float64(5.0))
    (np.float64(15.0), (np.float64(5.0), np.float64(3.0)))
    """
    return _gradient(function, argnums, True, backend, static_argnames, unroll, threads, memory)


def _gradient(
    function: Callable[..., object],
    argnums: int | Sequence[int],
    with_value: bool,
    backend: str,
    static_argnames: str | Sequence[str],
    unroll: int,
    threads: int,
    memory: str,
) -> GradientFunction:
    preset = function._preset if isinstance(function, StagedFunction) else preset_of(function, "differentiate")
    if memory not in MEMORY:
        raise UsageError(f"memory: {memory!r}; a gradient keeps {' or '.join(map(repr, MEMORY))}")
    check_threads(backend, threads)
    check_source(preset.function)
    by = argnums if isinstance(argnums, int) else tuple(argnums)
    if by == () or len(set(by if isinstance(by, tuple) else (by,))) != len(by if isinstance(by, tuple) else (by,)):
        raise UsageError(f"argnums: {argnums!r}; give one position or several that differ")
    first = len(preset.args)
    by = by + first if isinstance(by, int) else tuple(one + first for one in by)
    names, kind = static_names(preset.function, static_argnames), served_by(backend, GradientFunction)
    return kind(function, preset, by, with_value, backend, names, unroll, threads, memory)
