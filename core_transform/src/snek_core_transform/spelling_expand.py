"""Write a call of a row in the framework's words: substitute the arguments' trees into the row's expression."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import cast

import gast

from snek_core_transform.spelling_row import Row
from snek_core_transform.syntax import PLACE, PLACED


class ReordersEffects(Exception):
    """The row's expression would swap the evaluation of these two arguments; `bind` turns it into its own error."""

    def __init__(self, first: gast.AST, second: gast.AST) -> None:
        super().__init__()
        self.first = first
        self.second = second


def expand(row: Row, call: gast.Call, imports: frozenset[str]) -> gast.AST:
    """Return the tree that `call`, whose function is `row`, becomes.

    Raises TypeError where the arguments do not fit the signature, as a call of such a Python function would, and
    ReordersEffects where arguments that may have effects would change places.
    """
    assert row.signature is not None
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    given = row.signature.bind(*call.args, **keywords).arguments
    for name, tree in list(given.items()):
        if isinstance(tree, gast.Constant) and tree.value is None:
            if not _is_none(row.signature.parameters[name].default):
                raise TypeError(f"{name!r} cannot be None")
            del given[name]
    _keep_order(list(_call_order(given, call)), row.order, given, imports)
    defaults = {
        name: parameter.default
        for name, parameter in row.signature.parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }
    return cast("gast.AST", _Substitute(given, defaults, call).visit(copied(row.template, call)))


def copied(tree: gast.AST, at: gast.AST) -> gast.AST:
    """Return a copy of `tree` that stands at the place of `at`."""
    place = {name: getattr(at, name) for name in PLACE if hasattr(at, name)}
    return cast("gast.AST", _copied(tree, place))


def _copied(value: object, place: Mapping[str, object]) -> object:
    """Return a copy of a tree or of a list of trees, and anything else itself; `copy.deepcopy` takes far longer."""
    if isinstance(value, list):
        return [_copied(one, place) for one in value]
    if not isinstance(value, gast.AST):
        return value
    kind = value.__class__
    new = kind.__new__(kind)
    new.__dict__.update({name: _copied(one, place) for name, one in value.__dict__.items()})
    if kind in PLACED:
        new.__dict__.update(place)
    return new


class _Substitute(gast.NodeTransformer):  # type: ignore[misc]  # gast ships no types
    """Put arguments in the parameters' places; leave out keywords whose parameter was not given."""

    def __init__(self, given: Mapping[str, gast.AST], defaults: Mapping[str, gast.AST], call: gast.Call) -> None:
        self.given, self.defaults, self.call = given, defaults, call

    def visit(self, node: gast.AST) -> gast.AST:
        """Return what `node` becomes."""
        if isinstance(node, gast.Name) and node.id in self.given:
            return self.given[node.id]
        if isinstance(node, gast.Name) and node.id in self.defaults:
            return copied(self.defaults[node.id], self.call)
        if isinstance(node, gast.Call):
            node.keywords = [keyword for keyword in node.keywords if not self._vanishes(keyword.value)]
        self.generic_visit(node)
        if isinstance(node, gast.Tuple | gast.List):
            # `(*[a, b],)` is `(a, b)`: so a row can ask for a tuple where texts write a list.
            node.elts = [part for element in node.elts for part in _spliced(element)]
        return node

    def _vanishes(self, value: gast.AST) -> bool:
        return isinstance(value, gast.Name) and value.id in self.defaults and value.id not in self.given


def _is_none(default: object) -> bool:
    return isinstance(default, gast.Constant) and default.value is None


def _spliced(element: gast.AST) -> list[gast.AST]:
    if isinstance(element, gast.Starred) and isinstance(element.value, gast.List | gast.Tuple):
        return list(element.value.elts)
    return [element]


def _call_order(given: Mapping[str, gast.AST], call: gast.Call) -> Iterable[str]:
    names = {id(tree): name for name, tree in given.items()}
    trees = [*call.args, *(keyword.value for keyword in call.keywords)]
    return (names[id(tree)] for tree in trees if id(tree) in names)


def _keep_order(
    before: list[str], after: tuple[str, ...], given: Mapping[str, gast.AST], imports: frozenset[str]
) -> None:
    """Refuse to swap two arguments unless one is a constant or both only read names."""
    for first, second in combinations(before, 2):
        if after.index(first) < after.index(second):
            continue
        left, right = given[first], given[second]
        constant = _only(left, imports, names=False) or _only(right, imports, names=False)
        if not constant and not (_only(left, imports, names=True) and _only(right, imports, names=True)):
            raise ReordersEffects(left, right)


def _only(node: gast.AST, imports: frozenset[str], names: bool) -> bool:
    """Tell whether evaluating `node` has no effect and sees none: constants, native attributes, with `names` names."""
    match node:
        case gast.Constant():
            return True
        case gast.Name():
            return names or node.id in imports
        case gast.Attribute():
            return _only(node.value, imports, names=False)
        case gast.UnaryOp():
            return isinstance(node.operand, gast.Constant)
        case gast.Tuple() | gast.List():
            return all(_only(element, imports, names) for element in node.elts)
        case _:
            return False
