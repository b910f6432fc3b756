"""Make reads, stores and deletions of attributes operator calls."""

from __future__ import annotations

import gast

from .context import Context
from .mangling import mangled
from .syntax import at, call, children, constant, embedded, rewritten, rules_for


def virtualize_attributes(tree: gast.AST, context: Context) -> gast.AST:
    """Make `x.a` a call of `getattr_`, a store of it one of `setattr_`, and `del x.a` one of `delattr_`.

    >>> def f(x):
    ...     x.a = x.b
    ...     del x.b
    >>> print(show(f, after="virtualize_attributes", operators=RecordingOperators({"attribute"})))
    def f(x):
        operators.store_attribute(operators.getattr_(x, 'b'), x, 'a')
        operators.delattr_(x, 'b')
    """
    if not context.wants("attribute"):
        return tree
    note_stored_names(tree, context.class_name)

    def virtualize(node: gast.AST, _: gast.AST) -> gast.AST:
        if isinstance(node, gast.Attribute) and isinstance(node.ctx, gast.Load) and embedded(node) is None:
            new = call(context.value_operator("getattr_"), node.value, constant(stored_name(node)))
            new = at(_placed_at_name(new, node), node)
            new.method = node
            return new
        if isinstance(node, gast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], gast.Attribute):
            target = node.targets[0]
            store = context.value_construct("store_attribute")
            return _statement(at(call(store, node.value, target.value, constant(stored_name(target))), target), node)
        if isinstance(node, gast.Delete) and isinstance(node.targets[0], gast.Attribute):
            target = node.targets[0]
            delete = call(context.value_operator("delattr_"), target.value, constant(stored_name(target)))
            return _statement(at(delete, target), node)
        return node

    return rewritten(tree, rules_for(virtualize, gast.Attribute, gast.Assign, gast.Delete))


def _placed_at_name(new: gast.expr, node: gast.Attribute) -> gast.expr:
    """Place the read of an attribute where Python does: over several lines, at its name."""
    width = len(node.attr)
    if node.lineno != node.end_lineno and width <= node.end_col_offset:
        gast.copy_location(new, node)
        new.lineno, new.col_offset = node.end_lineno, node.end_col_offset - width
    return new


def _statement(value: gast.expr, place: gast.stmt) -> gast.stmt:
    return at(gast.Expr(value), place)


def stored_name(node: gast.Attribute) -> str:
    """Return the name under which Python stores the attribute."""
    return str(getattr(node, "stored_name", node.attr))


def note_stored_names(tree: gast.AST, class_name: str | None) -> None:
    """Note, on attributes whose names are private to their class, how Python stores them."""
    stack: list[tuple[gast.AST, str | None]] = [(tree, class_name)]
    while stack:
        node, around = stack.pop()
        if isinstance(node, gast.Attribute) and node.attr.startswith("__"):
            node.stored_name = mangled(node.attr, around)
        inside = node.name if isinstance(node, gast.ClassDef) else around
        outer = [*node.decorator_list, *node.bases, *node.keywords] if isinstance(node, gast.ClassDef) else []
        for child in children(node):
            stack.append((child, around if any(child is one for one in outer) else inside))
