"""The interpreter: what a program of the IR means, on NumPy.

It keeps its own stack, so that recursion in a program does not recurse here: the depth of staged calls, not the
nesting of blocks, counts towards Python's recursion limit, as it does in Python.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from snek_strategies.ir.interpretations import INTERPRETATIONS
from snek_strategies.ir.pieces import Pieces
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym, free_in
from snek_strategies.ir.types import Items

Values = tuple[object, ...]
Environment = dict[int, object]


@dataclass(frozen=True, eq=False)
class Closure:
    """A staged function with the values of the names around it."""

    block: Block
    captured: Environment


Step = tuple[
    int, Callable[..., object] | None, tuple[tuple[bool, object], ...], dict[str, object], tuple[int, ...], Node
]
"""Result (-1 unless it is one), meaning, operands, parameters, the names to forget before it runs, the node itself."""


def _fetch(atom: Atom) -> tuple[bool, object]:
    return (True, atom.value) if isinstance(atom, Const) else (False, atom.index)


def _step(node: Node, forgotten: tuple[int, ...]) -> Step:
    simple = INTERPRETATIONS.get(node.primitive)
    target = node.results[0].index if len(node.results) == 1 else -1
    return (target, simple, tuple(map(_fetch, node.operands)), dict(node.params), forgotten, node)


def _steps_of(block: Block, free: dict[int, tuple[Sym, ...]]) -> tuple[Step, ...]:
    """Return a block's steps; each forgets the block's own names that the step before it used last.

    Without that, every array of a run would stay in memory to its end.
    """
    last: dict[int, int] = {sym.index: 0 for sym in block.parameters}
    for at, node in enumerate(block.nodes):
        inner = (sym for one in node.blocks for sym in free[id(one)])
        for atom in (*node.operands, *inner):
            if isinstance(atom, Sym) and atom.index in last:
                last[atom.index] = at
        last.update((sym.index, at) for sym in node.results)
    for atom in block.results:
        last.pop(atom.index if isinstance(atom, Sym) else -1, None)
    forgotten: dict[int, list[int]] = {}
    for index, at in last.items():
        forgotten.setdefault(at + 1, []).append(index)
    return tuple(_step(node, tuple(forgotten.get(at, ()))) for at, node in enumerate(block.nodes))


class _Activation:
    """A block that is being run: where it stands, and what waits for its results."""

    __slots__ = ("at", "block", "env", "node", "phase", "pieces", "state", "steps")

    def __init__(self, block: Block, steps: tuple[Step, ...], env: Environment, node: Node | None, phase: str) -> None:
        self.block = block
        self.steps = steps
        self.env = env
        self.at = 0
        self.node = node
        self.phase = phase
        self.state: Values = ()
        self.pieces: Pieces | None = None


class Interpreter:
    """Runs one program; each call is independent of the others."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._steps: dict[int, tuple[Step, ...]] = {}
        self._free: dict[int, tuple[int, ...]] = {}
        self._results: dict[int, tuple[tuple[bool, object], ...]] = {}
        self._prepare(program.body)

    def _prepare(self, block: Block) -> None:
        free, pending = free_in(block), [block]
        while pending:
            one = pending.pop()
            self._steps[id(one)] = _steps_of(one, free)
            self._results[id(one)] = tuple(map(_fetch, one.results))
            for node in one.nodes:
                pending.extend(node.blocks)
                if node.primitive == "function":
                    self._free[id(node)] = tuple(sym.index for sym in free[id(node.blocks[0])])

    def __call__(self, *arguments: object) -> Values:
        """Return the values that the program yields. Raises what the program raises, RecursionError included."""
        stack = [self._enter(self.program.body, {}, arguments, None, "program")]
        calls, limit = 0, sys.getrecursionlimit()
        while True:
            top = stack[-1]
            node = _run(top)
            if node is not None and node.primitive == "leave":
                values = tuple(atom.value if isinstance(atom, Const) else top.env[atom.index] for atom in node.operands)
                _left(stack, node, values)
                continue
            if node is not None:
                pushed = self._control(node, top)
                if pushed is not None:
                    calls += pushed.phase == "call"
                    if calls > limit:
                        raise RecursionError(f"maximum recursion depth exceeded in staged program {self.program.name}")
                    stack.append(pushed)
                continue
            stack.pop()
            env = top.env
            values = tuple(value if known else env[value] for known, value in self._results[id(top.block)])  # type: ignore[index]
            if not stack:
                return tuple(value.listed() if isinstance(value, Items) else value for value in values)
            calls -= top.phase == "call"
            again = self._leave(top, values, stack[-1])
            if again is not None:
                stack.append(again)

    def _enter(self, block: Block, env: Environment, values: Values, node: Node | None, phase: str) -> _Activation:
        for parameter, value in zip(block.parameters, values, strict=True):
            env[parameter.index] = value
        return _Activation(block, self._steps[id(block)], env, node, phase)

    def _control(self, node: Node, top: _Activation) -> _Activation | None:
        env = top.env
        values = tuple(atom.value if isinstance(atom, Const) else env[atom.index] for atom in node.operands)
        if node.primitive == "if":
            return self._enter(node.blocks[0 if values[0] else 1], env, (), node, "if")
        if node.primitive == "fused":
            return self._enter(node.blocks[0], env, (), node, "fused")
        if node.primitive == "try":
            return self._enter(node.blocks[0], env, (), node, "try")
        if node.primitive == "while":
            entered = self._enter(node.blocks[0], env, values, node, "test")
            entered.state = values
            return entered
        if node.primitive == "piecewise":
            pieces = Pieces(node, values)
            entered = self._enter(node.blocks[0], env, pieces.next(), node, "piece")
            entered.pieces = pieces
            return entered
        if node.primitive == "call":
            closure = values[0]
            assert isinstance(closure, Closure)
            return self._enter(closure.block, dict(closure.captured), values[1:], node, "call")
        assert node.primitive == "function", node.primitive
        name = node.results[0].index
        # Names bound later in an enclosing function are not free here; the function's own name is tied below.
        captured = {index: env[index] for index in self._free[id(node)] if index != name}
        env[name] = captured[name] = Closure(node.blocks[0], captured)
        return None

    def _leave(self, done: _Activation, values: Values, below: _Activation) -> _Activation | None:
        node = done.node
        assert node is not None
        if done.phase == "test" and values[0]:
            return self._enter(node.blocks[1], below.env, done.state, node, "body")
        if done.phase == "body":
            entered = self._enter(node.blocks[0], below.env, values, node, "test")
            entered.state = values
            return entered
        if done.pieces is not None and done.pieces.take(values):
            entered = self._enter(node.blocks[0], below.env, done.pieces.next(), node, "piece")
            entered.pieces = done.pieces
            return entered
        results = done.state if done.phase == "test" else values
        if done.pieces is not None:
            results = done.pieces.results()
        for sym, value in zip(node.results, results, strict=True):
            below.env[sym.index] = value
        return None


def _left(stack: list[_Activation], node: Node, values: Values) -> None:
    """End the blocks up to the `try` that a `leave` names, and give that its results."""
    label = dict(node.params)["label"]
    while True:
        done = stack.pop()
        if done.phase == "try" and done.node is not None and dict(done.node.params)["label"] == label:
            break
    stack[-1].env.update(zip((sym.index for sym in done.node.results), values, strict=True))


def _run(activation: _Activation) -> Node | None:
    """Run simple nodes up to the next one that is control flow, and return that one; None at the block's end."""
    env, steps = activation.env, activation.steps
    for at in range(activation.at, len(steps)):
        target, simple, operands, params, forgotten, node = steps[at]
        for index in forgotten:
            env.pop(index, None)
        if simple is None:
            activation.at = at + 1
            return node
        values = [value if known else env[value] for known, value in operands]  # type: ignore[index]
        result = simple(*values, **params)
        if target >= 0:
            env[target] = result
        elif node.results:
            env.update(zip((sym.index for sym in node.results), result, strict=True))  # type: ignore[call-overload]
    activation.at = len(steps)
    return None


def interpret(program: Program, *arguments: object) -> Values:
    """Run a program once."""
    return Interpreter(program)(*arguments)
