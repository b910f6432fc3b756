"""`stage`: a Python function over arrays as a staged program, run by one of the back-ends."""

from __future__ import annotations

import functools
import inspect
import linecache
import operator
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain, repeat
from threading import Lock
from types import FunctionType, MethodType
from typing import Any, overload

import numpy as np

from snek_core_transform.errors import StagingError, UsageError
from snek_core_transform.program import program_of
from snek_strategies.backends import registry
from snek_strategies.backends.backend import LoweredProgram
from snek_strategies.backends.registry import check_threads
from snek_strategies.callables import Preset, preset_of
from snek_strategies.calls import Arguments, StagedCalls, served_by
from snek_strategies.every_size import EverySize
from snek_strategies.ir.sexpr import sexpr
from snek_strategies.ir.show import show
from snek_strategies.ir.syntax import Program
from snek_strategies.ir.types import type_of
from snek_strategies.own_arrays import device_of, run_on_own
from snek_strategies.staging.binding_times import binding_times
from snek_strategies.staging.builder import CURRENT
from snek_strategies.staging.foreign_arrays import system_of
from snek_strategies.staging.marked_source import as_text
from snek_strategies.staging.operators import StagingOperators
from snek_strategies.staging.packed_trees import PackedTree, packed
from snek_strategies.staging.pytrees import Dynamic, Static, arrays_in, key_of, leaves_in
from snek_strategies.staging.symbolic_shapes import Shapes
from snek_strategies.staging.trace import StagedProgram, stage_call
from snek_strategies.staging.verified import verified
from snek_strategies.staging.watch import describe

FIRST_CALLS = 3
"""How many calls `verify=True` compares with plain Python."""

TEXTS = ("source", "ir", "sexpr")
"""What every staged program can be printed as."""


@dataclass(frozen=True)
class Staging:
    """One staging of a function: what its arguments were, and why it happened."""

    arguments: str
    reason: str


@dataclass(frozen=True)
class Traced:
    """A function staged for arguments like those of one example."""

    function: Callable[..., object]
    staged: StagedProgram
    key: object
    backend: str
    threads: int = 1
    device: str | None = None
    """Where the program runs on its system's own arrays; see `own_arrays.device_of`."""

    def lower(self) -> Lowered:
        """Return the program as its back-end takes it. Raises StagingError for what its system cannot say."""
        around = nullcontext() if not self.device else registry.known(self.backend).load().on(self.device)
        with around:
            return Lowered(self, registry.lower(self.backend, self.staged.program, self.threads))

    def as_text(self, kind: str = "ir") -> str:
        """Return the function's `source`, or the program as `ir` or `sexpr`. Raises UsageError for other kinds."""
        if kind == "source":
            return inspect.getsource(inspect.unwrap(self.function))
        if kind == "ir":
            return show(self.staged.program)
        if kind == "sexpr":
            return sexpr(self.staged.program)
        raise UsageError(f"no text of kind {kind!r}; a staged program has {', '.join(TEXTS)}")


@dataclass(frozen=True)
class Lowered:
    """A staged program as its back-end takes it."""

    traced: Traced
    program: LoweredProgram

    def compile(self) -> Compiled:
        """Return the callable that the back-end makes of the program."""
        traced, kind = self.traced, registry.known(self.traced.backend).load()
        if traced.device is None:
            run = self.program.compile()
        else:
            run = run_on_own(self.program, kind, traced.staged.program, traced.device)
        return served_by(traced.backend, Compiled)(self, run)

    def as_text(self, kind: str = "ir") -> str:
        """Return a text of the back-end's own, or one that `Traced.as_text` knows. Raises UsageError for others."""
        if kind in self.program.kinds:
            return self.program.as_text(kind)
        if kind not in TEXTS:
            raise UsageError(
                f"no text of kind {kind!r}; with back-end {self.traced.backend!r} a program has "
                f"{', '.join((*TEXTS, *self.program.kinds))}"
            )
        return self.traced.as_text(kind)


class Compiled(StagedCalls):
    """A staged program that runs; it takes arguments like those it was traced for, and no others.

    A number that was marked as dynamic may come without its mark, and an array of another library as it is: its memory
    is read through DLPack, without a copy.
    """

    def __init__(self, lowered: Lowered, run: Callable[..., tuple[object, ...]]) -> None:
        self.lowered = lowered
        self.run = run

    def call_staged(self, /, *args: object, **kwargs: object) -> object:
        """Run the program. Raises StagingError for arguments of another key and for outside values that changed."""
        traced = self.lowered.traced
        own = positional(traced.function, args, kwargs)
        given = as_traced(own, traced.key)
        if key_of(given) != traced.key:
            raise StagingError(
                f"arguments {_describe(given)}, but {traced.function.__name__} was compiled for others; "
                "trace it for these, or call the function that snek.stage returned, which does",
                code="SNK0301",
            )
        changed = traced.staged.stale()
        if changed is not None:
            raise StagingError(
                f"{describe(changed)} changed since {traced.function.__name__} was staged; stage it anew",
                code="SNK0302",
            )
        self.remember(self.run, traced.staged, own[0], given)
        return self.answer(given)

    def takes(self, value: object) -> bool:
        """Tell whether a value is an array of the system's own on which the program runs."""
        traced = self.lowered.traced
        return traced.device == "" and system_of(value) == registry.known(traced.backend).load().arrays_of

    def answer(self, given: Arguments) -> object:
        """Run the program on arguments in their positions, whose key has been looked at."""
        traced = self.lowered.traced
        values = arrays_in(given) if traced.device is None else leaves_in(given)
        return traced.staged.answer(self.run(*values), given)

    def as_text(self, kind: str = "ir") -> str:
        """Return a text of the program; see `Traced.as_text`."""
        return self.lowered.as_text(kind)


class StagedFunction(StagedCalls):
    """A function that is staged for every new kind of arguments, and runs staged."""

    def __init__(
        self,
        preset: Preset,
        backend: str,
        static_argnames: tuple[str, ...],
        unroll: int,
        verify: int,
        threads: int = 1,
    ) -> None:
        functools.update_wrapper(self, preset.function)
        self._function = preset.function
        self._preset = preset
        self._backend = backend
        self._static = static_argnames
        self._operators = StagingOperators(unroll, functools.partial(registry.keeper, backend))
        self._verify = verify
        self._threads = threads
        self._lock = Lock()
        self._known: dict[object, Traced] = {}
        self._ready: dict[object, Compiled] = {}
        self._by_shape: set[object] = set()
        """The keys of trees that are no data to the program."""
        self._every_size: EverySize[Traced] = EverySize(lambda traced: traced.staged.stale() is None)
        self._log: list[Staging] = []
        self._checked = 0

    def __get__(self, instance: object, owner: type | None = None) -> object:
        return self if instance is None else functools.partial(self, instance)

    def restaged(
        self, backend: str, static_argnames: str | Sequence[str], unroll: int, verify: int, threads: int
    ) -> StagedFunction:
        """Return the same function, staged with other settings."""
        names = static_names(self._function, static_argnames)
        return served_by(backend, StagedFunction)(self._preset, backend, names, unroll, verify, threads)

    def _after_preset(self, args: tuple[object, ...], kwargs: dict[str, object]) -> Arguments:
        """Return the arguments of a call behind those that the function has been given before."""
        first = self._preset
        return ((*first.args, *args), {**first.kwargs, **kwargs}) if first.args or first.kwargs else (args, kwargs)

    def _arguments(self, args: tuple[object, ...], kwargs: dict[str, object]) -> Arguments:
        args, kwargs = self._after_preset(args, kwargs)
        if not self._static:
            return positional(self._function, args, kwargs)
        bound = inspect.signature(self._function).bind(*args, **kwargs)
        for name in self._static:
            if isinstance(bound.arguments.get(name), np.ndarray):
                bound.arguments[name] = Static(bound.arguments[name])
        return bound.args, bound.kwargs

    def _given(self, args: tuple[object, ...], kwargs: dict[str, object]) -> Arguments:
        """Return arguments with trees as data, where the back-end has recursion and the program does no more to them.

        A program that changes a node, gives one back or asks for more than its fields is staged for the tree's shape.
        """
        given = self._arguments(args, kwargs)
        as_data = with_packed_trees(given, self._positions()) if self._has_recursion else given
        if as_data is given:
            return given
        key = key_of(as_data)
        if key in self._by_shape:
            return given
        if key not in self._known:
            try:
                self._find(as_data).lower()
            except StagingError:
                self._by_shape.add(key)
                return given
        return as_data

    @functools.cached_property
    def _system(self) -> str:
        """The system whose own arrays the back-end's programs take."""
        backend = registry.known(self._backend)
        return backend.load().arrays_of if backend.missing() is None else ""

    def takes(self, value: object) -> bool:
        """Tell whether a value is an array of the system's own, on which programs run as it is."""
        return system_of(value) == self._system != ""

    @functools.cached_property
    def _has_recursion(self) -> bool:
        backend = registry.known(self._backend)
        return backend.missing() is None and backend.load().recursive

    def _positions(self) -> Sequence[int]:
        """Return the positions of arguments whose trees stay what they are."""
        return ()

    def _staged(self, given: Arguments, shapes: Shapes = ()) -> StagedProgram:
        return stage_call(self._function, *given, self._operators, shapes)

    def _find(self, given: Arguments, any_size: bool = True) -> Traced:
        key = key_of(given)
        found = self._known.get(key)
        if found is not None and found.staged.stale() is None and (any_size or found.key == key):
            return found
        with self._lock:
            found = self._known.get(key)
            changed = None if found is None else found.staged.stale()
            if found is None or changed is not None or not (any_size or found.key == key):
                reason = "" if changed is None else f"{describe(changed)} changed"
                found = self._known[key] = self._stage(given, key, reason, any_size)
        return found

    def _stage(self, given: Arguments, key: object, reason: str, any_size: bool) -> Traced:
        """Stage for these arguments, or for such of every size; or find what was staged for every size before."""
        own = ""
        if any_size and registry.serves_any_size(self._backend):
            found = self._every_size.find(key, lambda shapes: self._for_every_size(given, shapes, reason))
            if isinstance(found, Traced):
                return found
            own = found and f"; staged for these extents alone: {found}"
        device = device_of(given, self._backend, self._system)
        traced = Traced(self._function, self._staged(given), key, self._backend, self._threads, device)
        reason = reason or "new dtypes, shapes or static values"
        self._log.append(Staging(_describe(given), reason + own if self._log else "first call"))
        return traced

    def _for_every_size(self, given: Arguments, shapes: Shapes, reason: str) -> Traced:
        device = device_of(given, self._backend, self._system)
        # The symbols of one staging are no others': they tell its programs apart.
        traced = Traced(self._function, self._staged(given, shapes), shapes, self._backend, self._threads, device)
        self._ready[traced.key] = traced.lower().compile()
        arguments = ", ".join(str(one.type) for one in traced.staged.program.body.parameters)
        self._log.append(Staging(arguments, reason or "new extents; staged for every size"))
        return traced

    def _compiled(self, given: Arguments) -> Compiled:
        traced = self._find(given)
        ready = self._ready.get(traced.key)
        if ready is not None and ready.lowered.traced is traced:
            return ready
        with self._lock:
            ready = self._ready.get(traced.key)
            if ready is None or ready.lowered.traced is not traced:
                ready = self._ready[traced.key] = traced.lower().compile()
        return ready

    def _run_of(self, program: Program) -> Callable[..., object]:
        return registry.lower(self._backend, program).compile()

    def _in_line(self, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
        """Call the function as a part of the program that is being staged."""
        return self._operators.call(self._function, *args, **kwargs)

    def call_staged(self, /, *args: object, **kwargs: object) -> object:
        """Run the staged program, staging it first where the arguments are of a new kind."""
        if CURRENT.get() is not None:
            return self._in_line(*positional(self._function, *self._after_preset(args, kwargs)))
        given = self._given(args, kwargs)
        compiled = self._compiled(given)
        if self._checked < self._verify:
            self._checked += 1
            signs = registry.has_own_signs(self._backend, compiled.lowered.traced.staged.program)
            return verified(self._function, compiled.answer, given, self._operators.unroll, self._run_of, signs)
        if not kwargs:
            self.remember(compiled.run, compiled.lowered.traced.staged, args, given)
        return compiled.answer(given)

    def trace(self, /, *args: object, **kwargs: object) -> Traced:
        """Stage for arguments like these. Raises StagingError, at the user's place, for what cannot be staged."""
        return self._find(self._given(args, kwargs), any_size=False)

    def binding_times(self, /, *args: object, **kwargs: object) -> str:
        """Return the function's text with marks under what is dynamic, and those of the functions that it calls.

        Stages once more for arguments like these, and says of every expression what that staging made of it. Raises
        StagingError where it cannot be staged.
        """
        given, named = self._given(args, kwargs)
        return as_text(binding_times(self._function, given, named, self._operators.unroll))

    def stagings(self) -> tuple[Staging, ...]:
        """Return every staging so far, in order, and why it happened."""
        return tuple(self._log)


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


def check_source(function: Callable[..., object]) -> None:
    """Raise NoSource for a function whose text cannot be had: unread, it would stay plain Python."""
    own = function.__func__ if isinstance(function, MethodType) else function
    if isinstance(own, FunctionType) and not linecache.getlines(own.__code__.co_filename, own.__globals__):
        program_of(own)


def static_names(function: Callable[..., object], given: str | Sequence[str]) -> tuple[str, ...]:
    """Return names of parameters as a tuple. Raises UsageError for one that the function does not have."""
    names = (given,) if isinstance(given, str) else tuple(given)
    parameters = inspect.signature(function).parameters
    for name in names:
        if name not in parameters:
            raise UsageError(
                f"static_argnames: {function.__name__} has no parameter {name!r}; it has {list(parameters)}"
            )
    return names


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


def positional(function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> Arguments:
    """Return arguments by position as far as they go, so that `f(x, y)` and `f(x, y=y)` are one call."""
    if not kwargs:
        return args, {}
    bound = inspect.signature(function).bind(*args, **kwargs)
    return bound.args, bound.kwargs


def with_packed_trees(given: Arguments, apart: Sequence[int]) -> Arguments:
    """Return arguments with trees as tables, but for those in the positions `apart`; the same where there are none."""
    args, named = given
    own = tuple(one if at in apart else packed(one) for at, one in enumerate(args))
    further = {name: packed(one) for name, one in named.items()}
    same = all(map(operator.is_, own, args)) and all(one is named[name] for name, one in further.items())
    return given if same else (own, further)


def as_traced(given: Arguments, key: Any) -> Arguments:
    """Return arguments as those of a key: numbers marked where it has them marked, foreign arrays as NumPy's views."""
    args, named = given
    return tuple(map(_as_traced, args, chain(key[1][1:], repeat(None)))), named


def _as_traced(value: object, key: object) -> object:
    if key == (Dynamic, type(value)):
        return Dynamic(value)  # type: ignore[arg-type]
    if isinstance(key, tuple) and key[0] is PackedTree:
        return packed(value, key[1])
    wants_array = isinstance(key, tuple) and isinstance(key[0], np.dtype)
    if wants_array and hasattr(value, "__dlpack__") and not isinstance(value, (np.ndarray, np.generic)):
        return np.from_dlpack(value)
    return value


def _describe(given: Arguments) -> str:
    positional, named = given
    return ", ".join([*map(_kind, positional), *(f"{name}={_kind(one)}" for name, one in named.items())])


def _kind(value: object) -> str:
    if isinstance(value, (np.ndarray, np.generic)):
        return str(type_of(value)) if value.dtype.kind in "biufc" else f"an array of dtype {value.dtype}"
    return f"{value!r:.40}"
