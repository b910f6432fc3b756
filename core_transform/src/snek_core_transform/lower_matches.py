"""Lower `match`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gast

from .context import Context
from .scoped import Function, each_statement_in_scope
from .syntax import Block, assign, at, call, constant, embed, load, walk

Part = Callable[[], gast.expr]
Ask = Callable[..., gast.expr]
Pattern = tuple[list[gast.expr], list[tuple[str, gast.expr]]]

WHOLE = (bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple)
"""Classes whose one positional pattern takes the subject itself."""


def lower_matches(tree: gast.AST, context: Context) -> gast.AST:
    """Make `match` a chain of `if`s, where the operator set stages matches: its tests may then be staged.

    Names are bound once the whole pattern has matched, before the guard. An item or attribute of the subject may be
    read more than once. Alternatives that bind names keep Python's form.

    >>> def f(x, y):
    ...     match x:
    ...         case 0 | 1:
    ...             y = 1
    ...         case (a, _) if a:
    ...             y = a
    >>> class Staging(RecordingOperators):
    ...     inline, stages_matches = False, True
    >>> print(show(f, after="lower_matches", operators=Staging(CONTROL)))
    def f(x, y):
        <subject> = x
        if <subject> == 0 or <subject> == 1:
            y = 1
        else:
            if operators.call(operators, <subject>) and operators.call(operators, <subject>) == 2:
                a = <subject>[0]
                <taken> = a
            else:
                <taken> = False
            if <taken>:
                a = <subject>[0]
                y = a
    """
    return each_statement_in_scope(tree, context, _lower) if context.operators.stages_matches else tree


def _lower(node: gast.stmt, function: Function, context: Context) -> Block:
    if not isinstance(node, gast.Match) or function is None or any(map(_binds_in_one_of_several, node.cases)):
        return [node]
    subject = context.fresh("subject")
    chain: Block = []
    for case in reversed(node.cases):
        chain = _case(case, subject, chain, context)
    return [at(assign(subject, node.subject), node.subject), *chain]


def _binds_in_one_of_several(case: gast.match_case) -> bool:
    alternatives = [one for one in walk(case.pattern) if isinstance(one, gast.MatchOr)]
    return any(
        getattr(inner, "name", None) or getattr(inner, "rest", None) for one in alternatives for inner in walk(one)
    )


def _case(case: gast.match_case, subject: str, rest: Block, context: Context) -> Block:
    def ask(function: Callable[..., object], *arguments: gast.expr) -> gast.expr:
        return call(context.value_operator("call"), embed(function, "operators"), *arguments)

    tests, bound = _pattern(case.pattern, lambda: load(subject), ask)
    where = case.pattern
    if case.guard is None:
        body = [*(at(assign(name, value), where) for name, value in bound), *case.body]
        return body if not tests else [at(gast.If(_all(tests), body, rest), where)]
    taken = context.fresh("taken")
    asked = [*(assign(name, value) for name, value in bound), assign(taken, case.guard)]
    if tests:
        asked = [gast.If(_all(tests), asked, [assign(taken, constant(False))])]
    again = [assign(name, value) for name, value in _pattern(case.pattern, lambda: load(subject), ask)[1]]
    chosen = gast.If(load(taken), [*(at(one, where) for one in again), *case.body], rest)
    return [*(at(one, where) for one in asked), at(chosen, case.guard)]


def _all(tests: list[gast.expr]) -> gast.expr:
    return tests[0] if len(tests) == 1 else gast.BoolOp(gast.And(), tests)


def _pattern(pattern: gast.AST, part: Part, ask: Ask) -> Pattern:
    """Return what must hold of a part of the subject, in order, and the names that the pattern then binds."""
    match pattern:
        case gast.MatchValue():
            return [gast.Compare(part(), [gast.Eq()], [pattern.value])], []
        case gast.MatchSingleton():
            return [gast.Compare(part(), [gast.Is()], [constant(pattern.value)])], []
        case gast.MatchOr():
            ways = [_pattern(one, part, ask)[0] for one in pattern.patterns]
            return ([] if not all(ways) else [gast.BoolOp(gast.Or(), list(map(_all, ways)))]), []
        case gast.MatchAs(pattern=None):
            return [], [] if pattern.name is None else [(pattern.name, part())]
        case gast.MatchAs():
            tests, bound = _pattern(pattern.pattern, part, ask)
            return tests, [*bound, (pattern.name, part())]
        case gast.MatchSequence():
            return _sequence(pattern, part, ask)
        case gast.MatchMapping():
            return _mapping(pattern, part, ask)
    return _class(pattern, part, ask)


def _sequence(pattern: gast.AST, part: Part, ask: Ask) -> Pattern:
    inside = pattern.patterns
    star = next((at for at, one in enumerate(inside) if isinstance(one, gast.MatchStar)), None)
    fixed = len(inside) - (star is not None)
    tests = [ask(is_sequence, part())]
    if star is None or fixed:
        comparison = gast.Eq() if star is None else gast.GtE()
        tests.append(gast.Compare(ask(len, part()), [comparison], [constant(fixed)]))
    parts: list[Pattern] = []
    for index, one in enumerate(inside):
        if isinstance(one, gast.MatchStar):
            middle = ask(items_between, part(), constant(index), constant(len(inside) - 1 - index))
            parts.append(([], [(one.name, middle)] if one.name else []))
            continue
        place = index if star is None or index < star else index - len(inside)
        parts.append(_pattern(one, lambda place=place: _item(part(), constant(place)), ask))  # type: ignore[misc]
    return _together(tests, parts)


def _mapping(pattern: gast.AST, part: Part, ask: Ask) -> Pattern:
    tests = [ask(is_mapping, part())]
    tests += [gast.Compare(key, [gast.In()], [part()]) for key in pattern.keys]
    pairs = zip(pattern.keys, pattern.patterns, strict=True)
    parts = [_pattern(one, lambda key=key: _item(part(), key), ask) for key, one in pairs]  # type: ignore[misc]
    if pattern.rest:
        without = ask(other_items, part(), *pattern.keys)
        parts.append(([], [(pattern.rest, without)]))
    return _together(tests, parts)


def _class(pattern: gast.AST, part: Part, ask: Ask) -> Pattern:
    count = len(pattern.patterns)
    kind = ask(checked_class, pattern.cls)
    names = [constant(name) for name in pattern.kwd_attrs]
    tests = [ask(isinstance, part(), kind)]
    if count or names:
        tests.append(ask(has_all, part(), pattern.cls, constant(count), *names))
    parts = [
        _pattern(one, lambda at=at: ask(by_position, part(), pattern.cls, constant(at)), ask)  # type: ignore[misc]
        for at, one in enumerate(pattern.patterns)
    ]
    parts += [
        _pattern(one, lambda name=name: gast.Attribute(part(), name, gast.Load()), ask)  # type: ignore[misc]
        for name, one in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True)
    ]
    return _together(tests, parts)


def _together(tests: list[gast.expr], parts: list[Pattern]) -> Pattern:
    return [*tests, *(one for part in parts for one in part[0])], [one for part in parts for one in part[1]]


def _item(value: gast.expr, index: gast.expr) -> gast.expr:
    return gast.Subscript(value, index, gast.Load())


def is_sequence(subject: object) -> bool:
    """Tell whether a sequence pattern looks into a value."""
    match subject:
        case [*_]:
            return True
    return False


def items_between(subject: Any, before: int, behind: int) -> list[object]:
    """Return what `*rest` takes of a sequence."""
    return [subject[at] for at in range(before, len(subject) - behind)]


def is_mapping(subject: object) -> bool:
    """Tell whether a mapping pattern looks into a value."""
    match subject:
        case {}:
            return True
    return False


def other_items(subject: Mapping[object, object], *keys: object) -> dict[object, object]:
    """Return what `**rest` takes of a mapping."""
    rest = dict(subject)
    for key in keys:
        del rest[key]
    return rest


def checked_class(kind: Any) -> type:
    """Return the class of a pattern. Raises TypeError as Python does for what is none."""
    match None:
        case kind():
            pass
    return kind  # type: ignore[no-any-return]


def has_all(subject: object, kind: type, count: int, *names: str) -> bool:
    """Tell whether a value has the attributes that a pattern of its class looks at, `count` of them by position.

    Raises TypeError where the class has fewer positions.
    """
    positional: tuple[str, ...] = ()
    if count:
        known = _names_of(kind)
        allowed = 1 if _takes_whole(kind) else len(known)
        if count > allowed:
            plural = "" if allowed == 1 else "s"
            raise TypeError(f"{kind.__name__}() accepts {allowed} positional sub-pattern{plural} ({count} given)")
        positional = known[:count]
    return all(hasattr(subject, name) for name in (*positional, *names))


def by_position(subject: object, kind: type, index: int) -> object:
    """Return what the positional pattern of a class at this index takes of a value."""
    return subject if _takes_whole(kind) else getattr(subject, _names_of(kind)[index])


def _takes_whole(kind: type) -> bool:
    return not hasattr(kind, "__match_args__") and issubclass(kind, WHOLE)


def _names_of(kind: type) -> tuple[str, ...]:
    names = getattr(kind, "__match_args__", ())
    if not isinstance(names, tuple):
        raise TypeError(f"{kind.__name__}.__match_args__ must be a tuple (got {type(names).__name__})")
    return names
