"""A program of the IR run on a tracing system's own values, so that the system sees every operation."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from snek_strategies.backends.arithmetic import ELEMENTWISE, dims_of, dtype_of, loop_dtypes
from snek_strategies.backends.backend import LoweredProgram, Run, cannot_say
from snek_strategies.backends.core_primitives import core_primitives
from snek_strategies.backends.errors_as_values import errors_as_values, payload_of
from snek_strategies.backends.explicit_checks import explicit_checks
from snek_strategies.backends.quick_branches import is_quick
from snek_strategies.backends.raising import Sites, host_value
from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.passes.optimize import after_checks, arrayed, traced
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym

Value = Any
Environment = dict[int, Value]

_SAME = "sqrt exp log log2 log10 log1p expm1 exp2 cbrt sin cos tan sinh cosh tanh fabs fmod hypot copysign isnan isinf"
_MATH = f"{_SAME} isfinite floor ceil trunc"
OF_MATH = {
    **{name: name for name in _MATH.split()},
    **{f"a{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "atan2": "arctan2",
    "pow": "power",
}
"""Functions of `math` that are an elementwise primitive on floats."""


class System:
    """What a tracing system gives: values, a row for each core primitive, and its control flow."""

    name: ClassVar[str]
    recursion: ClassVar[str]
    """Why it has none."""

    @abstractmethod
    def constant(self, value: object, dtype: np.dtype[np.generic]) -> Value:
        """Return a host value as the system's own."""

    @abstractmethod
    def cast(self, value: Value, dtype: np.dtype[np.generic]) -> Value:
        """Return a value converted to a dtype, as NumPy does it."""

    @abstractmethod
    def elementwise(self, name: str, node: Node, dtype: np.dtype[np.generic], operands: list[Value]) -> Value:
        """Return an elementwise primitive of operands of one dtype."""

    @abstractmethod
    def row(self, node: Node) -> Callable[..., Value] | None:
        """Return what computes a core primitive from values, or None where the system has it not."""

    @abstractmethod
    def choose(
        self, flag: Value, then: Callable[[], list[Value]], orelse: Callable[[], list[Value]], node: Node
    ) -> list[Value]:
        """Return what one of two branches gives."""

    @abstractmethod
    def select(self, flag: Value, then: Value, orelse: Value) -> Value:
        """Return one of two values of one dtype and shape, both of which are there."""

    @abstractmethod
    def loop(
        self,
        test: Callable[[Sequence[Value]], Value],
        body: Callable[[Sequence[Value]], list[Value]],
        state: list[Value],
        node: Node,
    ) -> list[Value]:
        """Return a loop's last state."""


class Evaluator:
    """Runs blocks on a system's values."""

    def __init__(self, system: System) -> None:
        self.system = system

    def run(self, block: Block, arguments: Sequence[Value], around: Environment) -> list[Value]:
        """Return what a block yields."""
        env = {**around, **{sym.index: value for sym, value in zip(block.parameters, arguments, strict=True)}}
        for node in block.nodes:
            made = self._node(node, env)
            for sym, value in zip(node.results, made, strict=True):
                env[sym.index] = value
        return [self.use(atom, env) for atom in block.results]

    def use(self, atom: Atom, env: Environment) -> Value:
        """Return an operand's value."""
        return self.system.constant(atom.value, dtype_of(atom.type)) if isinstance(atom, Const) else env[atom.index]

    def _node(self, node: Node, env: Environment) -> list[Value]:
        if node.primitive in ("function", "call"):
            raise cannot_say(self.system.name, node, self.system.recursion)
        if node.primitive in ELEMENTWISE:
            return [self._elementwise(node, env)]
        operands = [self.use(atom, env) for atom in node.operands]
        if node.primitive == "if" and is_quick(node):
            both = zip(*(self.run(block, (), env) for block in node.blocks), strict=True)
            return [self.system.select(operands[0], then, orelse) for then, orelse in both]
        if node.primitive == "if":
            body, orelse = (lambda block=block: self.run(block, (), env) for block in node.blocks)
            return self.system.choose(operands[0], body, orelse, node)
        if node.primitive == "while":
            test, step = node.blocks
            return self.system.loop(
                lambda state: self.run(test, state, env)[0], lambda state: self.run(step, state, env), operands, node
            )
        return self._simple(node, operands)

    def _elementwise(self, node: Node, env: Environment) -> Value:
        system, dtypes = self.system, loop_dtypes(node)
        if len(set(dtypes)) > 1:
            raise cannot_say(system.name, node, f"it does not compute on {', '.join(map(str, dtypes))} together")
        given = [self._as(atom, dtypes[0], env) for atom in node.operands]
        made = system.elementwise(node.primitive, node, dtypes[0], given)
        return system.cast(made, dtype_of(node.results[0].type))

    def _as(self, atom: Atom, dtype: np.dtype[np.generic], env: Environment) -> Value:
        """Return an operand converted to a dtype; a constant is converted here and now."""
        if isinstance(atom, Const):
            return self.system.constant(np.asarray(atom.value, dtype_of(atom.type)).astype(dtype), dtype)
        return self.system.cast(env[atom.index], dtype)

    def _simple(self, node: Node, operands: list[Value]) -> list[Value]:
        system = self.system
        if not node.results:
            raise cannot_say(system.name, node, "it has no results, only an effect; use back-end 'interpret'")
        wanted = dtype_of(node.results[0].type)
        name = node.primitive
        if name == "math":
            function = str(dict(node.params)["function"])
            if function not in OF_MATH or len(operands) != (2 if OF_MATH[function] in _BINARY else 1):
                raise cannot_say(system.name, node, f"it has no math.{function}; use back-end 'interpret'")
            wide = np.dtype("float64")
            given = [system.cast(value, wide) for value in operands]
            return [system.cast(system.elementwise(OF_MATH[function], node, wide, given), wanted)]
        row = system.row(node)
        if row is None:
            raise cannot_say(system.name, node, "it is not written for this back-end; use back-end 'interpret'")
        made = row(*operands)
        values = made if len(node.results) > 1 else [made]
        return [system.cast(one, dtype_of(sym.type)) for one, sym in zip(values, node.results, strict=True)]


_BINARY = frozenset({"fmod", "hypot", "copysign", "arctan2", "power"})


def index_of(node: Node, dynamic: Sequence[Value]) -> tuple[Any, ...]:
    """Return a getitem's or setitem's index with its dynamic parts in their places."""
    values = iter(dynamic)
    parts = dict(node.params)["index"]
    assert isinstance(parts, tuple)
    return tuple(next(values) if part is HOLE else part for part in parts)


class TracedProgram(LoweredProgram):
    """A program as a function over a system's values, its errors as further results."""

    backend: ClassVar[str]

    in_turn: ClassVar[bool] = False
    """Whether the system runs an operation after the other as they are written, and rewrites none of them."""

    alone: ClassVar[bool] = True
    """Whether each operation takes time of its own, however little it does."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.sites = Sites(self.backend)
        core = core_primitives(program)
        ready = explicit_checks(arrayed(core) if self.in_turn else traced(core), goes_on=True, alone=self.alone)
        ready = after_checks(ready) if self.in_turn else ready
        self.carried = errors_as_values(ready, self.sites)
        self.ready = ready if self.carried is None else self.carried.program

    def shapes(self) -> list[tuple[np.dtype[np.generic], tuple[int, ...]]]:
        """Return the parameters' dtypes and extents."""
        return [(dtype_of(sym.type), dims_of(sym.type)) for sym in self.ready.body.parameters]

    def checked(self, values: Sequence[Value]) -> tuple[Value, ...]:
        """Return a run's own results. Raises the exception that the run met."""
        if self.carried is None:
            return tuple(values)
        count = len(values) - self.carried.extra
        number, *payload = values[count:]
        met = self.whole(number)
        if met:
            site = self.sites.all[met - 1]
            held = tuple(map(self.number, payload))
            raise site.error(payload_of(site.types, held, self.carried.whole))
        return tuple(values[:count])

    def whole(self, value: Value) -> int:
        """Return a whole number of the system's as Python's."""
        return int(value)

    def number(self, value: Value) -> np.generic:
        """Return a number of the system's as NumPy's."""
        made: Any = np.asarray(value)[()]
        return made  # type: ignore[no-any-return]

    def host(self, native: Run, from_host: Callable[[np.ndarray, np.dtype[np.generic]], Value]) -> Run:
        """Return the callable over host values around the one over the system's own."""
        dtypes = [dtype_of(sym.type) for sym in self.ready.body.parameters]
        parameters, results = self.program.body.parameters, self.program.body.results
        given = {sym.index: at for at, sym in enumerate(parameters)}
        same = [given.get(atom.index) if isinstance(atom, Sym) else None for atom in results]

        def run(*arguments: object) -> tuple[object, ...]:
            values = [from_host(np.asarray(one), dtype) for one, dtype in zip(arguments, dtypes, strict=True)]
            made = native(*values)
            return tuple(
                host_value(atom.type, np.asarray(value)) if at is None else arguments[at]
                for atom, value, at in zip(results, made, same, strict=True)
            )

        return run
