"""Proof, function by function, that a virtualized program runs through its operators.

Before the passes, each function gets a mark at the first construct that every run of it reaches. A function whose mark
was passed has run that construct, so an operator must have fired from it; one that did not was not virtualized at all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import Any

import gast

from snek_core_transform import virtualize as conversion
from snek_core_transform.callee import FRAME_READERS
from snek_core_transform.context import Context
from snek_core_transform.groups import GROUPS
from snek_core_transform.recording_operators import RecordingOperators
from snek_core_transform.syntax import COMPREHENSIONS, FUNCTIONS, at, attribute, call, embed
from snek_core_transform.tracebacks import is_thunk

GROUP_OF = {
    gast.If: "branch", gast.IfExp: "branch", gast.While: "loop", gast.For: "loop", gast.AsyncFor: "loop",
    gast.BoolOp: "logic", gast.Not: "logic", gast.Compare: "compare", gast.Call: "call", gast.AugAssign: "assign",
    gast.Attribute: "attribute", gast.Subscript: "subscript", gast.BinOp: "arithmetic", gast.USub: "arithmetic",
    gast.JoinedStr: "literal", gast.Dict: "literal", gast.Lambda: "function", gast.Yield: "generator",
    gast.YieldFrom: "generator", gast.Await: "async", **dict.fromkeys(COMPREHENSIONS, "comprehension"),
}  # fmt: skip
"""The constructs that count: those of which no run is without an operator where their group is wanted."""

FRAME_NAMES = frozenset(reader.__name__ for reader in FRAME_READERS)
"""The names of what is called as it is, because it looks at the frame that calls it."""

OWN = "snek_core_transform"


class Mark:
    """The mark in one function: passed where the construct that it stands at has run."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_passed = False

    def passed(self, value: object) -> object:
        """Note that the construct has run, and give back its operand."""
        self.is_passed = True
        return value


class WitnessOperators(RecordingOperators):
    """Recording operators that also keep from whose code each firing came."""

    def __init__(self, groups: Iterable[str] = GROUPS) -> None:
        super().__init__(groups)
        self.fired: dict[int, CodeType] = {}
        self.guarded: dict[int, CodeType] = {}
        modules = [module for name, module in sys.modules.items() if name.startswith(OWN)]
        self.own = frozenset(id(vars(module)) for module in [*modules, sys.modules[__name__]])

    def _fire(self, operator: str) -> None:
        super()._fire(operator)
        self._note(self.fired)

    def stages(self, value: object) -> bool:
        """Note that a construct in Python's own form has asked, and stage nothing."""
        self._note(self.guarded)
        return super().stages(value)

    def _note(self, seen: dict[int, CodeType]) -> None:
        """Note the nearest code on the stack that is neither the core's nor this file's."""
        own, frame = self.own, sys._getframe(2)
        while id(frame.f_globals) in own and frame.f_back is not None:
            frame = frame.f_back
        seen[id(frame.f_code)] = frame.f_code


@contextmanager
def marks() -> Iterator[None]:
    """Mark, inside the `with` block, every function that is virtualized."""
    before = conversion.PASSES  # type: ignore[attr-defined]
    conversion.PASSES = (mark_functions, *before)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        conversion.PASSES = before  # type: ignore[attr-defined]


def mark_functions(tree: gast.AST, context: Context) -> gast.AST:
    """Mark every function in a tree, those in it included; a pass that stands before all others."""
    for node in list(gast.walk(tree)):
        if isinstance(node, gast.Lambda):
            if _is_certain(node.body, context):
                node.body = _marked(node.body, f"{Path(context.filename).name}:{node.lineno} <lambda>")
        elif isinstance(node, FUNCTIONS):
            _mark_block(node.body, f"{Path(context.filename).name}:{node.lineno} {node.name}", context)
    return tree


def _mark_block(body: list[gast.stmt], name: str, context: Context) -> bool:
    """Mark the first statement of a block that holds a construct which its every run reaches; tell whether one does."""
    for statement in body:
        if isinstance(statement, gast.Try | gast.TryStar):
            if _mark_block(statement.body, name, context):
                return True
            continue
        if isinstance(statement, gast.With | gast.AsyncWith):
            first = statement.items[0]
            if _is_certain(first.context_expr, context):
                first.context_expr = _marked(first.context_expr, name)
                return True
            if _mark_block(statement.body, name, context):
                return True
            continue
        field = _OPERAND.get(type(statement), "")
        operand = getattr(statement, field, None)
        if operand is not None and (_counts(statement, context) or _is_certain(operand, context)):
            setattr(statement, field, _marked(operand, name))
            return True
        if isinstance(statement, gast.Return | gast.Raise):
            return False
    return False


_OPERAND = {
    gast.If: "test", gast.While: "test", gast.For: "iter", gast.AsyncFor: "iter", gast.Return: "value",
    gast.Expr: "value", gast.Assign: "value", gast.AugAssign: "value", gast.AnnAssign: "value", gast.Raise: "exc",
}  # fmt: skip


def _marked(operand: gast.expr, name: str) -> gast.expr:
    return at(call(attribute(embed(Mark(name), "mark"), "passed"), operand), operand)


def _counts(node: gast.AST, context: Context) -> bool:
    kind = type(node.op) if isinstance(node, gast.UnaryOp) else type(node)
    called = getattr(node, "func", None)
    if (getattr(called, "id", None) or getattr(called, "attr", None)) in FRAME_NAMES:
        return False
    if isinstance(node, gast.unaryop):
        return False
    if isinstance(node, gast.JoinedStr | gast.UnaryOp) and all(
        isinstance(part, gast.Constant) for part in _parts(node)
    ):
        return False
    return kind in GROUP_OF and context.wants(GROUP_OF[kind])


def _parts(node: gast.JoinedStr | gast.UnaryOp) -> list[gast.expr]:
    return node.values if isinstance(node, gast.JoinedStr) else [node.operand]


def _is_certain(expression: gast.AST, context: Context) -> bool:
    """Tell whether every evaluation of an expression that ends has evaluated a construct that counts."""
    if _counts(expression, context):
        return True
    if isinstance(expression, gast.Lambda | gast.BoolOp | gast.IfExp | gast.Compare):
        return False
    if isinstance(expression, COMPREHENSIONS):
        return _is_certain(expression.generators[0].iter, context)
    return any(_is_certain(child, context) for child in gast.iter_child_nodes(expression))


class Tally:
    """What came of the functions that were virtualized: how many were run, and from which no operator fired."""

    def __init__(self) -> None:
        self.codes: list[CodeType] = []

    def take(self, new: CodeType) -> None:
        """Keep the code of a function that was virtualized, with the functions in it."""
        self.codes.append(new)

    def figures(self, operators: WitnessOperators) -> dict[str, Any]:
        """Return the figures, and the functions that have run a construct from which no operator fired."""
        marked = reached = fired = guarded = 0
        # Python copies the code of some functions, as `types.coroutine` does; the copies hold the same marks.
        fired_marks, guarded_marks = _marks_of(operators.fired), _marks_of(operators.guarded)
        silent: list[str] = []
        for code in self.codes:
            for mark, pieces in _functions(code, None, []):
                marked += 1
                if not mark.is_passed:
                    continue
                reached += 1
                if mark in fired_marks or any(id(piece) in operators.fired for piece in pieces):
                    fired += 1
                elif mark in guarded_marks or any(id(piece) in operators.guarded for piece in pieces):
                    guarded += 1
                else:
                    silent.append(mark.name)
        return {"marked": marked, "reached": reached, "fired": fired, "guarded": guarded, "silent": silent}


def _marks_of(seen: dict[int, CodeType]) -> set[Mark]:
    return {value for code in seen.values() for value in code.co_consts if isinstance(value, Mark)}


def _functions(
    code: CodeType, owner: list[CodeType] | None, found: list[tuple[Mark, list[CodeType]]]
) -> list[tuple[Mark, list[CodeType]]]:
    """Add, for each mark in `code`, the code objects of its function: its own, its thunks', its comprehensions'."""
    is_piece = is_thunk(code) or (code.co_name.startswith("<") and code.co_name != "<lambda>")
    pieces = owner if owner is not None and is_piece else []
    pieces.append(code)
    for value in code.co_consts:
        if isinstance(value, Mark):
            found.append((value, pieces))
        elif isinstance(value, CodeType):
            _functions(value, pieces, found)
    return found
