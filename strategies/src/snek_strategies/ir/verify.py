"""The verifier: every border between two steps may ask whether a program is well formed and well typed."""

from __future__ import annotations

import os
from math import prod

from snek_core_transform.deep import in_deep_stack
from snek_core_transform.errors import SnekError
from snek_strategies.ir.rules import RULES, effects_of
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.symbolic_rules import has_symbols
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym
from snek_strategies.ir.types import BOOL, Array, Fn, Type, concrete, type_of


class MalformedIR(SnekError, ValueError):
    """A block breaks the rules of the IR; names the node and what is wrong with it."""


CONTROL = frozenset({"if", "while", "try", "leave", "function", "call", "fused", "piecewise"})
"""The primitives with blocks, or that take a function; every other one is a row of the tables."""


def checking() -> bool:
    """Tell whether borders are checked: in tests, and under `SNEK_CHECK=1`."""
    return os.environ.get("SNEK_CHECK", "") not in ("", "0")


def verify(program: Program) -> Program:
    """Return the program, or raise MalformedIR."""
    in_deep_stack(lambda: _block(program.body, {}, set(), {}))
    return program


def _fail(node: Node | None, text: str) -> MalformedIR:
    at = f"{', '.join(map(str, node.results)) or '_'} = {node.primitive}: " if node else ""
    return MalformedIR(f"malformed IR: {at}{text}")


Labels = dict[object, tuple[Type, ...]]
"""What each `try` around a point gives."""


def _block(block: Block, scope: dict[int, Type], bound: set[int], labels: Labels) -> tuple[Type, ...]:
    for parameter in block.parameters:
        _bind(parameter, scope, bound, None)
    for node in block.nodes:
        _node(node, scope, bound, labels)
        for result in node.results:
            if node.primitive != "function":
                _bind(result, scope, bound, node)
    types = _types(block.results, scope, None)
    # Its own names are not known after it: one table for all blocks, so that depth costs nothing.
    for sym in (*block.parameters, *(sym for node in block.nodes for sym in node.results)):
        del scope[sym.index]
    return types


def _bind(sym: Sym, scope: dict[int, Type], bound: set[int], node: Node | None) -> None:
    if sym.index in bound:
        raise _fail(node, f"{sym} is bound twice; every name is bound once")
    bound.add(sym.index)
    scope[sym.index] = sym.type


def _types(atoms: tuple[Atom, ...], scope: dict[int, Type], node: Node | None) -> tuple[Type, ...]:
    for atom in atoms:
        if isinstance(atom, Const):
            if type_of(atom.value) != atom.type:
                raise _fail(node, f"constant {atom.value!r} is called {atom.type}; it is {type_of(atom.value)}")
        elif atom.index not in scope:
            raise _fail(node, f"{atom} is used outside its scope")
        elif scope[atom.index] != atom.type:
            raise _fail(node, f"{atom} is called {atom.type}; it is bound as {scope[atom.index]}")
    return tuple(atom.type for atom in atoms)


def _node(node: Node, scope: dict[int, Type], bound: set[int], labels: Labels) -> None:
    operands = _types(node.operands, scope, node)
    if node.primitive == "function":
        _function(node, scope, bound)
    elif node.primitive == "if":
        _expect(node, operands[:1] == (BOOL,) and len(operands) == 1, "needs one operand of type bool")
        _expect(node, len(node.blocks) == 2, "needs two blocks")
        for block in node.blocks:
            _expect(node, not block.parameters, "its blocks take no parameters")
            _same(node, "block yields", _block(block, scope, bound, labels), _results(node))
    elif node.primitive == "while":
        _expect(node, len(node.blocks) == 2, "needs a test and a body")
        test, body = node.blocks
        for block in node.blocks:
            _same(node, "block takes", tuple(sym.type for sym in block.parameters), operands)
        _same(node, "test yields", _block(test, scope, bound, labels), (BOOL,))
        _same(node, "body yields", _block(body, scope, bound, labels), operands)
        _same(node, "loop gives", _results(node), operands)
    elif node.primitive == "fused":
        _expect(node, not operands and len(node.blocks) == 1, "needs one block and no operands")
        (block,) = node.blocks
        plain = not block.parameters and all(not one.effects and not one.blocks for one in block.nodes)
        _expect(node, plain, "its block takes nothing, and its nodes have neither effects nor blocks")
        _same(node, "block yields", _block(block, scope, bound, labels), _results(node))
    elif node.primitive == "piecewise":
        _piecewise(node, operands, scope, bound, labels)
    elif node.primitive == "try":
        _try(node, operands, scope, bound, labels)
    elif node.primitive == "leave":
        label = dict(node.params).get("label")
        _expect(node, label in labels, f"has no `try` {label!r} around it; there is {list(labels)}")
        _same(node, "leaves with", operands, labels[label])
        _expect(node, not node.results and "raise" in node.effects, "gives nothing, with effect raise")
    elif node.primitive == "call":
        _expect(node, bool(operands) and isinstance(operands[0], Fn), "needs a function first")
        function = operands[0]
        assert isinstance(function, Fn)
        _same(node, "call passes", operands[1:], function.parameters)
        _same(node, "call gives", _results(node), function.results)
    else:
        _primitive(node, operands)
    inner = frozenset().union(*(one.effects for block in node.blocks for one in block.nodes))
    if node.primitive in ("if", "while", "try", "piecewise"):
        _expect(node, inner <= node.effects, f"hides effects {sorted(inner - node.effects)} of its blocks")


def _try(node: Node, operands: tuple[Type, ...], scope: dict[int, Type], bound: set[int], labels: Labels) -> None:
    label = dict(node.params).get("label")
    _expect(node, label not in labels, f"stands inside another `try` {label!r}")
    _expect(node, len(node.blocks) == 1 and not operands, "needs one block and no operands")
    (block,) = node.blocks
    _expect(node, not block.parameters, "its block takes no parameters")
    inside = {**labels, label: _results(node)}
    _same(node, "block yields", _block(block, scope, bound, inside), _results(node))


def _piecewise(node: Node, operands: tuple[Type, ...], scope: dict[int, Type], bound: set[int], labels: Labels) -> None:
    _expect(node, len(node.blocks) == 1 and bool(operands) and bool(node.results), "needs one block, arrays, results")
    (block,) = node.blocks
    wholes, taken = (*operands, *_results(node)), tuple(sym.type for sym in block.parameters)
    given = _block(block, scope, bound, labels)
    _expect(node, len({dims_of(one) for one in wholes}) == 1 and () not in map(dims_of, wholes), "needs equal extents")
    _expect(node, len({dims_of(one) for one in (*taken, *given)}) == 1, "needs pieces of one size")
    piece = dims_of(taken[0])
    whole = dims_of(operands[0])
    # Symbols are 2 or more, and a piece of several elements needs a number of them.
    fits = not piece or (
        len(piece) == 1 and not has_symbols(whole, piece) and 0 < prod(concrete(piece)) <= prod(concrete(whole))
    )
    _expect(node, fits, f"cuts {whole} into pieces of {piece}")
    pieces = tuple(Array(one.dtype, piece) for one in wholes if isinstance(one, Array))
    _same(node, "block takes and yields", (*taken, *given), pieces)
    _expect(node, all(one.effects <= {"raise"} for one in block.nodes), "its block may only raise")


def _function(node: Node, scope: dict[int, Type], bound: set[int]) -> None:
    _expect(node, len(node.blocks) == 1 and len(node.results) == 1 and not node.operands, "needs one block, one name")
    name, block = node.results[0], node.blocks[0]
    _expect(node, isinstance(name.type, Fn), f"binds {name.type}, not a function")
    assert isinstance(name.type, Fn)
    _bind(name, scope, bound, node)
    _same(node, "function takes", tuple(sym.type for sym in block.parameters), name.type.parameters)
    _same(node, "function yields", _block(block, scope, bound, {}), name.type.results)


def _primitive(node: Node, operands: tuple[Type, ...]) -> None:
    rule = RULES.get(node.primitive)
    if rule is None:
        raise _fail(node, f"unknown primitive; one of {', '.join(sorted(RULES | dict.fromkeys(CONTROL)))}")
    _expect(node, not node.blocks, "takes no blocks")
    try:
        expected = rule(*operands, **dict(node.params))
    except (TypeError, ValueError, IndexError) as error:
        raise _fail(node, f"operands ({', '.join(map(str, operands))}) do not fit: {error}") from error
    _same(node, "gives", _results(node), expected)
    effects = effects_of(node.primitive, node.operands)
    _expect(node, effects <= node.effects, f"hides effects {sorted(effects)}")


def _results(node: Node) -> tuple[Type, ...]:
    return tuple(sym.type for sym in node.results)


def _expect(node: Node, holds: bool, text: str) -> None:
    if not holds:
        raise _fail(node, text)


def _same(node: Node, what: str, got: tuple[Type, ...], expected: tuple[Type, ...]) -> None:
    if got != expected:
        raise _fail(node, f"{what} ({', '.join(map(str, got))}), not ({', '.join(map(str, expected))})")
