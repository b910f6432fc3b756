"""Build and take apart gast nodes: what every pass needs, and nothing about any construct's meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import gast

Node = TypeVar("Node", bound=gast.AST)
Block = list[gast.stmt]

FUNCTIONS = (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda)
COMPREHENSIONS = (gast.ListComp, gast.SetComp, gast.DictComp, gast.GeneratorExp)
LOOPS = (gast.While, gast.For)
JUMPS = (gast.Return, gast.Break, gast.Continue)


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
    return gast.Constant(Embedded(value, label), None)


def embedded(node: gast.AST) -> Embedded | None:
    """Return what `node` embeds, where it is such a constant or an attribute of one."""
    node = node.value if isinstance(node, gast.Attribute) else node
    return node.value if isinstance(node, gast.Constant) and isinstance(node.value, Embedded) else None


def load(name: str) -> gast.Name:
    """Return a read of `name`."""
    return gast.Name(name, gast.Load(), None, None)


def store(name: str) -> gast.Name:
    """Return an assignment target `name`."""
    return gast.Name(name, gast.Store(), None, None)


def constant(value: object) -> gast.Constant:
    """Return a literal."""
    return gast.Constant(value, None)


def attribute(value: gast.expr, name: str) -> gast.Attribute:
    """Return a read of `value.name`."""
    return gast.Attribute(value, name, gast.Load())


def call(function: gast.expr, *arguments: gast.expr) -> gast.Call:
    """Return a call with positional arguments."""
    return gast.Call(function, list(arguments), [])


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
    """Give `new`, and every node in it that has no place yet, the place of `old`; return `new`."""
    stack: list[gast.AST] = [new]
    while stack:
        node = stack.pop()
        if "lineno" in node._attributes and not hasattr(node, "lineno"):
            gast.copy_location(node, old)
            stack.extend(gast.iter_child_nodes(node))
        elif "lineno" not in node._attributes:
            stack.extend(gast.iter_child_nodes(node))
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


def own_nodes(node: gast.AST) -> Iterator[gast.AST]:
    """Walk `node` without entering the bodies of functions and classes, which have scopes of their own."""
    stack: list[gast.AST] = [node]
    while stack:
        found = stack.pop()
        yield found
        stack.extend(reversed(own_children(found) if found is not node else list(gast.iter_child_nodes(found))))


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
    return list(gast.iter_child_nodes(node))


class Rewriter(gast.NodeTransformer):  # type: ignore[misc]
    """A transformer that keeps places and lets a statement become several."""

    def block(self, statements: Block) -> Block:
        """Rewrite a block."""
        result: Block = []
        for statement in statements:
            new = self.visit(statement)
            result.extend(new if isinstance(new, list) else [] if new is None else [new])
        return result


ANNOTATIONS = frozenset({"annotation", "returns", "type_params"})


def rewritten(tree: Node, visit: Callable[[gast.AST, Any], Any], function: Any = None) -> Node:
    """Return `tree` with `visit(node, function)` in place of every node, children first.

    `function` is the user's function around the node. Annotations stay as they are, because they may be kept as text;
    so do nodes that a pass has written, and the program's own decorators and defaults, which have been evaluated.
    """
    inside = tree if isinstance(tree, FUNCTIONS) and not getattr(tree, "is_thunk", False) else function
    outside = own_children(tree) if isinstance(tree, FUNCTIONS) else []
    is_program = inside is tree and function is None
    for field, old in gast.iter_fields(tree):
        if field in ANNOTATIONS or (is_program and field != "body"):
            continue
        if isinstance(old, list):
            setattr(tree, field, [_rewritten(child, visit, inside, function, outside) for child in old])
        elif isinstance(old, gast.AST):
            setattr(tree, field, _rewritten(old, visit, inside, function, outside))
    new: Node = tree if getattr(tree, "internal", False) else visit(tree, function)
    return new


def _rewritten(child: Any, visit: Any, inside: Any, function: Any, outside: list[gast.AST]) -> Any:
    if not isinstance(child, gast.AST):
        return child
    if isinstance(child, gast.pattern):
        # A pattern may hold names and attributes only.
        return child
    if isinstance(child, gast.arguments):
        # Defaults are evaluated around the function, and hold no part of it.
        child.defaults = [rewritten(default, visit, function) for default in child.defaults]
        child.kw_defaults = [default and rewritten(default, visit, function) for default in child.kw_defaults]
        return child
    return rewritten(child, visit, function if any(child is node for node in outside) else inside)


SYMBOLS = {
    "Eq": "==", "NotEq": "!=", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=", "Is": "is", "IsNot": "is not",
    "In": "in", "NotIn": "not in", "Add": "+", "Sub": "-", "Mult": "*", "MatMult": "@", "Div": "/", "FloorDiv": "//",
    "Mod": "%", "Pow": "**", "LShift": "<<", "RShift": ">>", "BitAnd": "&", "BitXor": "^", "BitOr": "|",
}  # fmt: skip
"""How the user writes each comparison and arithmetic operator."""
