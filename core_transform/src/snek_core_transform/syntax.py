"""Build and take apart gast nodes: what every pass needs, and nothing about any construct's meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import gast

Node = TypeVar("Node", bound=gast.AST)
Block = list[gast.stmt]

FUNCTIONS = (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda)
COMPREHENSIONS = (gast.ListComp, gast.SetComp, gast.DictComp, gast.GeneratorExp)
LOOPS = (gast.While, gast.For)
JUMPS = (gast.Return, gast.Break, gast.Continue)

KINDS: frozenset[Any] = frozenset(
    kind for kind in vars(gast).values() if isinstance(kind, type) and issubclass(kind, gast.AST)
)
FUNCTION_KINDS = frozenset(FUNCTIONS)
SCOPES = FUNCTION_KINDS | {gast.ClassDef}
PLACE = ("lineno", "col_offset", "end_lineno", "end_col_offset")
PLACED = frozenset(kind for kind in KINDS if "lineno" in kind._attributes)

_NO_NODES = frozenset({
    "ctx", "op", "ops", "id", "attr", "arg", "kind", "type_comment", "type_ignores", "conversion", "is_async", "module",
    "level", "rest", "simple", "tag", "lineno", "asname", "kwd_attrs", "str", "annotation", "name", "names", "value",
})  # fmt: skip
_NODES_HERE = {
    "annotation": (gast.AnnAssign,),
    "name": (gast.ExceptHandler, gast.TypeAlias),
    "names": (gast.Import, gast.ImportFrom),
}
_LOAD, _STORE = gast.Load(), gast.Store()
_TEXT_HERE = (gast.Constant, gast.MatchSingleton)


def _holds_nodes(kind: Any, field: str) -> bool:
    if field == "value":
        return kind not in _TEXT_HERE
    return field not in _NO_NODES or kind in _NODES_HERE.get(field, ())


CHILD_FIELDS: Mapping[type, tuple[str, ...]] = {
    kind: tuple(field for field in kind._fields if _holds_nodes(kind, field)) for kind in KINDS
}
"""The fields of each kind of node that may hold nodes; contexts and signs, and a parameter's annotation, left out."""

ANNOTATIONS = frozenset({"annotation", "returns", "type_params"})
REWRITTEN_FIELDS: Mapping[type, tuple[str, ...]] = {
    # A pattern may hold names and attributes only.
    kind: tuple(field for field in fields if field not in ANNOTATIONS and field != "pattern")
    for kind, fields in CHILD_FIELDS.items()
    if kind is not gast.TypeAlias
} | {gast.TypeAlias: ()}
# What stands around the body of a generic class is evaluated where no name may be bound.
_GENERIC = tuple(field for field in REWRITTEN_FIELDS[gast.ClassDef] if field not in ("bases", "keywords"))
LEAVES = frozenset({type(None), *(kind for kind, fields in CHILD_FIELDS.items() if not fields)})
"""The kinds that hold no nodes."""
UNWRITTEN = LEAVES | {kind for kind, fields in REWRITTEN_FIELDS.items() if not fields}
"""The kinds that hold nothing to rewrite."""


@dataclass(frozen=True, eq=False)
class Embedded:
    """A live object that stands in the tree as a constant; `label` is how `show` prints it."""

    value: object
    label: str

    def __deepcopy__(self, memo: object) -> Embedded:
        """A copy of a tree holds the very objects that the tree holds."""
        return self


def embed(value: object, label: str) -> gast.Constant:
    """Return a constant that holds a live object."""
    return constant(Embedded(value, label))


def embedded(node: gast.AST) -> Embedded | None:
    """Return what `node` embeds, where it is such a constant or an attribute of one."""
    node = node.value if isinstance(node, gast.Attribute) else node
    return node.value if isinstance(node, gast.Constant) and isinstance(node.value, Embedded) else None


def built(kind: Any, /, **fields: Any) -> Any:
    """Return a node of `kind` with these fields, all that it has: gast's own constructor takes ten times as long."""
    node = kind.__new__(kind)
    node.__dict__ = fields
    return node


def load(name: str) -> gast.Name:
    """Return a read of `name`."""
    return built(gast.Name, id=name, ctx=_LOAD, annotation=None, type_comment=None)


def store(name: str) -> gast.Name:
    """Return an assignment target `name`."""
    return built(gast.Name, id=name, ctx=_STORE, annotation=None, type_comment=None)


def constant(value: object) -> gast.Constant:
    """Return a literal."""
    return built(gast.Constant, value=value, kind=None)


def attribute(value: gast.expr, name: str) -> gast.Attribute:
    """Return a read of `value.name`."""
    return built(gast.Attribute, value=value, attr=name, ctx=_LOAD)


def call(function: gast.expr, *arguments: gast.expr) -> gast.Call:
    """Return a call with positional arguments."""
    return built(gast.Call, func=function, args=list(arguments), keywords=[])


def assign(name: str, value: gast.expr) -> gast.Assign:
    """Return `name = value`."""
    return gast.Assign([store(name)], value, None)


def parameters(names: Iterable[str] = ()) -> gast.arguments:
    """Return a list of positional parameters."""
    return gast.arguments([gast.Name(name, gast.Param(), None, None) for name in names], [], None, [], [], None, [])


def thunk(value: gast.expr, names: Iterable[str] = ()) -> gast.Lambda:
    """Return `lambda names: value`."""
    return gast.Lambda(parameters(names), value)


def at(new: Node, old: gast.AST) -> Node:
    """Give `new`, and every node in it that has no place yet, the place of `old`; return `new`.

    Of what a pass has marked as its own, the outermost node is enough: what is in it stands there too.
    """
    there = old.__dict__
    if "lineno" not in there:
        return new
    place = {name: there.get(name) for name in PLACE}
    stack: list[gast.AST] = [new]
    while stack:
        node = stack.pop()
        own = node.__dict__
        if node.__class__ in PLACED:
            if "lineno" in own:
                continue
            own.update(place)
            if "internal" in own:
                continue
        stack += children(node)
    return new


def blocks(node: gast.AST) -> Iterator[tuple[gast.AST, str]]:
    """Give every block of statements directly under a statement, as (owner, field)."""
    for field in ("body", "orelse", "finalbody"):
        if isinstance(getattr(node, field, None), list):
            yield node, field
    for field in ("handlers", "cases"):
        for child in getattr(node, field, ()):
            yield child, "body"


def after_docstring(body: Block) -> int:
    """Return the position in a function's body behind its docstring."""
    text = body[0].value if isinstance(body[0], gast.Expr) else None
    return 1 if isinstance(text, gast.Constant) and isinstance(text.value, str) else 0


def first_place(statement: gast.stmt) -> gast.AST:
    """Return where a statement starts: at its first decorator, where it has one."""
    decorators = getattr(statement, "decorator_list", None)
    return decorators[0] if decorators else statement


_HOLD_NONE = frozenset({gast.Dict, gast.arguments})


def children(node: gast.AST) -> list[gast.AST]:
    """Return the nodes directly under `node`, in order; contexts and signs such as `Load` and `Add` are left out."""
    found: list[gast.AST] = []
    kind, own = node.__class__, node.__dict__
    for field in CHILD_FIELDS[kind]:
        value = own.get(field)
        if value.__class__ is list:
            found += value
        elif value is not None:
            found.append(value)
    if kind is gast.arguments:
        found += [parameter.annotation for parameter in found if getattr(parameter, "annotation", None)]
    # A dictionary's `**` has no key, and a parameter that must be given no default.
    return [child for child in found if child is not None] if kind in _HOLD_NONE else found


def walk(tree: gast.AST) -> list[gast.AST]:
    """Return `tree` and every node in it, a node before those in it, contexts and signs left out."""
    found = [tree]
    for node in found:
        if node.__class__ not in LEAVES:
            found += children(node)
    return found


def own_nodes(node: gast.AST) -> list[gast.AST]:
    """Return `node` and what is in it, the bodies of functions and classes left out: they have scopes of their own."""
    result: list[gast.AST] = [node]
    stack = children(node)[::-1]
    while stack:
        found = stack.pop()
        result.append(found)
        kind = found.__class__
        if kind in SCOPES:
            stack += own_children(found)[::-1]
        elif kind not in LEAVES:
            stack += children(found)[::-1]
    return result


def own_children(node: gast.AST) -> list[gast.AST]:
    """Return the children of `node` that are evaluated in the scope where it stands."""
    if isinstance(node, gast.Lambda):
        return [*node.args.defaults, *(default for default in node.args.kw_defaults if default)]
    if isinstance(node, gast.FunctionDef | gast.AsyncFunctionDef):
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        annotations = [argument.annotation for argument in every if argument and argument.annotation]
        defaults = [*arguments.defaults, *(default for default in arguments.kw_defaults if default)]
        return [*node.decorator_list, *defaults, *annotations, *([node.returns] if node.returns else [])]
    if isinstance(node, gast.ClassDef):
        return [*node.decorator_list, *node.bases, *node.keywords]
    return children(node)


class Rewriter(gast.NodeTransformer):  # type: ignore[misc]
    """A transformer that keeps places and lets a statement become several."""

    def block(self, statements: Block) -> Block:
        """Rewrite a block."""
        result: Block = []
        for statement in statements:
            new = self.visit(statement)
            result.extend(new if isinstance(new, list) else [] if new is None else [new])
        return result


Rule = Callable[[Any, Any], Any]
Rules = Mapping[type, Rule]
"""What is done to the nodes of each kind."""


def rules_for(rule: Rule, *kinds: type) -> Rules:
    """Return `rule` as the rule for each of `kinds`."""
    return dict.fromkeys(kinds, rule)


def rewritten(tree: Node, rules: Rules) -> Node:
    """Return `tree` with `rules[kind](node, function)` in place of every node of a kind, children first.

    `function` is the user's function around the node. Annotations stay as they are, because they may be kept as text;
    so do the values of type aliases, the bases of generic classes, nodes that a pass has written, and the program's own
    decorators and defaults, which have been evaluated.
    """
    passed = UNWRITTEN - rules.keys()

    def inside(node: gast.AST, function: Any) -> Any:
        kind, own = node.__class__, node.__dict__
        if kind in FUNCTION_KINDS:
            around(node, function)
        else:
            for field in _GENERIC if own.get("type_params") else REWRITTEN_FIELDS[kind]:
                old = own.get(field)
                if old.__class__ is list:
                    own[field] = [child if child.__class__ in passed else inside(child, function) for child in old]
                elif old.__class__ not in passed:
                    own[field] = inside(old, function)
        rule = rules.get(kind)
        return node if rule is None or "internal" in own else rule(node, function)

    def around(node: gast.AST, function: Any) -> None:
        within = function if getattr(node, "is_thunk", False) else node
        if within is not node or function is not None:
            # What is evaluated around a function holds no part of it.
            node.args.defaults = [inside(default, function) for default in node.args.defaults]
            node.args.kw_defaults = [default and inside(default, function) for default in node.args.kw_defaults]
            if not isinstance(node, gast.Lambda):
                node.decorator_list = [inside(decorator, function) for decorator in node.decorator_list]
        is_block = isinstance(node.body, list)
        node.body = [inside(part, within) for part in node.body] if is_block else inside(node.body, within)

    new: Node = inside(tree, None)
    return new


SYMBOLS = {
    "Eq": "==", "NotEq": "!=", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=", "Is": "is", "IsNot": "is not",
    "In": "in", "NotIn": "not in", "Add": "+", "Sub": "-", "Mult": "*", "MatMult": "@", "Div": "/", "FloorDiv": "//",
    "Mod": "%", "Pow": "**", "LShift": "<<", "RShift": ">>", "BitAnd": "&", "BitXor": "^", "BitOr": "|",
}  # fmt: skip
"""How the user writes each comparison and arithmetic operator."""
