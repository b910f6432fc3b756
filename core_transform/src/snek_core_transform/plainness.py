"""Note which variables are known to hold plain values, so that inline code need not ask at each use.

A plain value is a number, a text or None of the very types in `PLAIN_TYPES`. No operator set stages one, and arithmetic
and comparisons over plain values give plain values. So a variable that is only ever given such is plain by its text
alone; for others a flag can be kept up to date where they are assigned, which pays where they are asked more often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import gast

from .context import Context
from .forms import is_bare
from .inline import PLAIN_TYPES, all_of, either, has_type, has_type_in, is_steady
from .scoped import Function, each_statement_in_scope
from .scopes import names_bound_by
from .syntax import (
    COMPREHENSIONS,
    LEAVES,
    SCOPES,
    Block,
    after_docstring,
    assign,
    at,
    children,
    constant,
    first_place,
    load,
    own_children,
    store,
    walk,
)

ARITHMETIC = frozenset({gast.BinOp, gast.UnaryOp})
CLOSED = ARITHMETIC | {gast.Compare, gast.BoolOp, gast.IfExp}
"""The kinds of expression that give plain values for plain values."""

GUARDS = frozenset({gast.Try, gast.TryStar, gast.With, gast.AsyncWith})
"""What may go on in a function after an error."""

SMALL = 8
"""Up to how many parts an expression may have to be written down twice."""

ASK, COPY, START = 12, 3, 2
"""About what it costs to ask a value's type, to compute a flag from others, and to set one, in nanoseconds."""

LOOP = 8
"""How often a loop's body is thought to run, and four loops within each other at most."""

Value = Any
"""What a variable is given, or None where nothing is known of it."""


def flag_of(name: str) -> str:
    """Return the variable that tells whether a variable's value is known to be plain."""
    return f"<plain {name}>"


def leaves(value: gast.expr, kinds: frozenset[type] = ARITHMETIC) -> list[gast.Name] | None:
    """Return the variables in an expression of plain constants and `kinds`; None where there is something else."""
    found: list[gast.Name] = []
    stack = [value]
    while stack:
        node = stack.pop()
        kind = node.__class__
        if kind is gast.Name:
            found.append(node)
        elif kind in kinds and not ("internal" in node.__dict__ or (kinds is ARITHMETIC and _is_not(node))):
            stack += children(node)[::-1]
        elif kind is not gast.Constant or type(node.value) not in PLAIN_TYPES:
            return None
    return found


def _is_not(node: gast.expr) -> bool:
    return isinstance(node, gast.UnaryOp) and isinstance(node.op, gast.Not)


def note_plainness(tree: gast.AST, context: Context) -> gast.AST:
    """Note on each read of a variable whether it is plain, and keep the flags of the variables that have one.

    >>> def f(limit):
    ...     n = 0
    ...     while n < limit:
    ...         n = n + 1
    ...     return n
    >>> print(show(f, after="note_plainness"))
    def f(limit):
        <plain limit> = type(limit) is int or type(limit) in PLAIN_TYPES
        n = 0
        while n < limit:
            n = n + 1
        return n
    """
    if not context.inline or context.wants("name") or isinstance(tree, gast.Lambda):
        return tree
    kept: dict[gast.AST, _Variables] = {}
    for function in context.functions:
        if isinstance(function, gast.FunctionDef | gast.AsyncFunctionDef) and not is_bare(function.body[-1]):
            variables = _Variables(function, context)
            variables.note()
            if variables.flags:
                kept[function] = variables

    def change(statement: gast.stmt, function: Function, _: Context) -> Block:
        return kept[function].update(statement) if function in kept else [statement]

    if kept:
        each_statement_in_scope(tree, context, change)
    for function, variables in kept.items():
        start = after_docstring(function.body)
        place = first_place(function.body[start])
        function.body[start:start] = [at(statement, place) for statement in variables.start()]
    return tree


class _Variables:
    """The variables of one function that nothing but its own text can change."""

    def __init__(self, function: gast.AST, context: Context) -> None:
        self.function, self.context = function, context
        self.kinds = ARITHMETIC if not context.wants("arithmetic") else frozenset()
        self.closed = CLOSED if not context.wants("arithmetic") else CLOSED - ARITHMETIC
        self.given: dict[str, list[tuple[Value, int]]] = {}
        """What each variable is given, and how deep in loops."""
        self.asked: Counter[str] = Counter()
        self.reads: list[gast.Name] = []
        self.flags: frozenset[str] = frozenset()
        self._read(function)

    def _read(self, function: gast.AST) -> None:
        scope = function.scope
        handled: set[int] = set()
        every: list[gast.AST] = []
        is_guarded = False
        for node, depth, apart in _own_nodes(function):
            kind = node.__class__
            if kind is gast.Constant:
                continue
            every.append(node)
            if kind is gast.Name:
                if not apart and not isinstance(node.ctx, gast.Del):
                    self.reads.append(node)
                continue
            is_guarded = is_guarded or kind in GUARDS
            for target, value in _bindings(node):
                self.given.setdefault(target.id, []).append((value, depth))
                handled.add(id(target))
            if not apart:
                for name in _asked(node):
                    self.asked[name.id] += LOOP ** min(depth, 4)
        others = names_bound_by([node for node in every if id(node) not in handled])
        for name in [*self.given, *scope.parameters]:
            if name in others or name in scope.captured or name not in scope.bound:
                self.given.pop(name, None)
            elif name in scope.parameters:
                self.given.setdefault(name, []).append((None, 0))
        # An error may reach a handler between an assignment and that of its flag.
        self.may_flag = not is_guarded

    def note(self) -> None:
        """Find out what is plain by its text, and which flags pay, and note it on every read."""
        self.plain = set(self.given)
        while gone := {name for name in self.plain if not all(self._is_plain(value) for value, _ in self.given[name])}:
            self.plain -= gone
        others = {name for name in self.given.keys() - self.plain if self.asked[name]} if self.may_flag else set()
        while gone := {name for name in others if self._cost(name, others) >= ASK * self.asked[name]}:
            others -= gone
        self.flags = frozenset(others)
        for name in self.reads:
            if name.id in self.plain:
                name.known = True
            elif name.id in self.flags:
                name.known = flag_of(name.id)

    def _is_plain(self, value: Value) -> bool:
        names = None if value is None else leaves(value, self.closed)
        return names is not None and all(name.id in self.plain for name in names)

    def _sources(self, value: Value, flagged: set[str] | frozenset[str]) -> set[str] | None:
        """Return the flagged variables that decide whether a value is plain; None where its type has to be asked."""
        names = None if value is None else leaves(value, self.closed)
        if names is None or not all(name.id in self.plain or name.id in flagged for name in names):
            return None
        return {name.id for name in names} - self.plain

    def _cost(self, name: str, flagged: set[str]) -> int:
        cost = START
        for value, depth in self.given[name]:
            sources = self._sources(value, flagged)
            each = ASK if sources is None else 0 if sources == {name} else COPY
            cost += each * LOOP ** min(depth, 4)
        return cost

    def start(self) -> Block:
        """Return what sets the flags where the function starts."""
        function = self.function
        return [
            assign(flag_of(name), asks(name) if name in function.scope.parameters else constant(False))
            for name in sorted(self.flags)
        ]

    def update(self, statement: gast.stmt) -> Block:
        """Return a statement with what keeps the flags of the variables that it assigns."""
        if isinstance(statement, gast.For):
            names = [target.id for target, _ in _bindings(statement)[:1] if target.id in self.flags]
            statement.body[0:0] = [at(assign(flag_of(name), asks(name)), statement.target) for name in names]
            return [statement]
        if isinstance(statement, gast.AugAssign) and self.context.wants("assign"):
            return [statement]
        flags: dict[str, gast.expr] = {}
        for target, value in _bindings(statement):
            sources = self._sources(value, self.flags)
            if target.id in self.flags and sources != {target.id}:
                flags[flag_of(target.id)] = asks(target.id) if sources is None else _flags(sources)
        if not flags:
            return [statement]
        if len(flags) == 1:
            [(flag, value)] = flags.items()
            return [statement, at(assign(flag, value), statement)]
        # `a, b = b, a`: each flag is computed from those before.
        targets = gast.Tuple([store(flag) for flag in flags], gast.Store())
        values = gast.Tuple(list(flags.values()), gast.Load())
        return [statement, at(gast.Assign([targets], values, None), statement)]


def asks(name: str) -> gast.expr:
    """Return a question whether a variable's value is of a plain type: most often a whole number."""
    return either(has_type(load(name), int), has_type_in(load(name), PLAIN_TYPES, "PLAIN_TYPES"))


def asks_once(names: list[gast.Name]) -> list[gast.expr]:
    """Return questions whether the values of variables are plain, none of one that is known to be."""
    asked: dict[str, gast.expr] = {}
    for name in names:
        known = getattr(name, "known", None)
        if known is not True and name.id not in asked:
            asked[name.id] = asks(name.id) if known is None else load(known)
    return list(asked.values())


def is_lazy(value: gast.expr, function: gast.AST) -> bool:
    """Tell whether an expression may be evaluated later, and be written down twice: little arithmetic of variables."""
    names = leaves(value)
    return names is not None and len(walk(value)) <= SMALL and all(is_steady(name, function) for name in names)


def _flags(names: set[str]) -> gast.expr:
    return all_of([load(flag_of(name)) for name in sorted(names)])


def _bindings(node: gast.AST) -> list[tuple[gast.Name, Value]]:
    """Return the variables that a statement assigns one by one, each with what it gets."""
    if isinstance(node, gast.Assign):
        return [pair for target in node.targets for pair in _pairs(target, node.value)]
    if isinstance(node, gast.AnnAssign) and node.value is not None:
        return _pairs(node.target, node.value)
    if isinstance(node, gast.AugAssign) and isinstance(node.target, gast.Name):
        return [(node.target, gast.BinOp(load(node.target.id), node.op, node.value))]
    if isinstance(node, gast.For) and isinstance(node.target, gast.Name):
        if isinstance(node.iter, gast.Tuple | gast.List) and node.iter.elts:
            return [(node.target, element) for element in node.iter.elts]
        return [(node.target, None)]
    return []


def _pairs(target: gast.expr, value: gast.expr) -> list[tuple[gast.Name, Value]]:
    if isinstance(target, gast.Name):
        return [(target, value)]
    if isinstance(target, gast.Tuple) and all(isinstance(part, gast.Name) for part in target.elts):
        names = {part.id for part in target.elts}
        if isinstance(value, gast.Tuple) and len(value.elts) == len(target.elts) == len(names):
            return list(zip(target.elts, value.elts, strict=True))
        return [(part, None) for part in target.elts]
    return []


def _asked(node: gast.AST) -> list[gast.Name]:
    """Return the variables about whose values inline code asks at a node."""
    if isinstance(node, gast.Compare):
        values = [node.left, *node.comparators]
    elif isinstance(node, gast.AugAssign):
        values = [node.target, node.value]
    elif isinstance(node, gast.If | gast.While | gast.IfExp):
        values = [node.test]
    elif isinstance(node, gast.BoolOp):
        values = node.values
    elif _is_not(node):
        values = [node.operand]
    else:
        return []
    return [name for value in values for name in leaves(value) or ()]


def _own_nodes(function: gast.AST) -> Iterator[tuple[gast.AST, int, bool]]:
    """Give the nodes of a function's own scope, how deep in loops they are, and whether in a comprehension."""
    stack: list[tuple[gast.AST, int, bool]] = [(child, 0, False) for child in function.body]
    while stack:
        node, depth, apart = stack.pop()
        yield node, depth, apart
        if node.__class__ in LEAVES:
            continue
        if node.__class__ in SCOPES:
            stack += [(child, depth, apart) for child in own_children(node)]
        elif isinstance(node, gast.While | gast.For | gast.AsyncFor):
            outside = [*node.orelse, *([] if isinstance(node, gast.While) else [node.iter])]
            inside = [*node.body, node.test if isinstance(node, gast.While) else node.target]
            stack += [(child, depth, apart) for child in outside]
            stack += [(child, depth + 1, apart) for child in inside]
        else:
            inner = apart or isinstance(node, COMPREHENSIONS)
            stack += [(child, depth, inner) for child in children(node)]
