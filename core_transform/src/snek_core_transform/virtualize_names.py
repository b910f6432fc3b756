"""Make reads, bindings and deletions of variables operator calls."""

from __future__ import annotations

import gast

from .context import Context
from .lower_targets import is_flat, set_step_value, step_value
from .scoped import Function, each_statement_in_scope
from .syntax import COMPREHENSIONS, Block, assign, at, call, constant, load, rewritten, rules_for


def virtualize_names(tree: gast.AST, context: Context) -> gast.AST:
    """Make `x` a call of `read`, whatever binds `x` one of `assign`, and `del x` one of `delete` behind it.

    Parameters come bound and stay so. A read of a name without a value raises what Python raises.

    >>> def f(x):
    ...     for y in x:
    ...         z = y
    ...     del z
    >>> print(show(f, after="virtualize_names", operators=RecordingOperators({"name"})))
    def f(x):
        for y in operators.read('x', x):
            y = operators.assign('y', y)
            z = operators.assign('z', operators.read('y', y))
        del z
        operators.delete('z')
    """
    if not context.wants("name"):
        return tree

    def virtualize(node: gast.AST, _: gast.AST) -> gast.AST:
        if isinstance(node, gast.Name) and isinstance(node.ctx, gast.Load) and _is_the_users(node):
            return at(call(context.value_operator("read"), constant(node.id), node), node)
        if isinstance(node, gast.NamedExpr):
            node.value = _assigned(node.target, node.value, context)
        elif isinstance(node, COMPREHENSIONS):
            for generator in node.generators:
                _take_step(generator, context)
        return node

    rules = rules_for(virtualize, gast.Name, gast.NamedExpr, *COMPREHENSIONS)
    return each_statement_in_scope(rewritten(tree, rules), context, _bind)


def _is_the_users(name: gast.Name) -> bool:
    return hasattr(name, "number") and not name.id.startswith("<")


def _assigned(name: gast.Name, value: gast.expr, context: Context) -> gast.expr:
    return at(call(context.value_operator("assign"), constant(name.id), value), value)


def _elements(target: gast.expr, value: gast.expr, context: Context) -> tuple[gast.expr, gast.expr]:
    """Return the names of an unpacking without a star, and the call that gives each its value."""
    before, star, after = shape(target)
    names = [part.value if isinstance(part, gast.Starred) else part for part in target.elts]
    numbers = [constant(before), constant(star), constant(after)]
    method = context.value_construct("elements")
    elements = call(method, value, *numbers, *(constant(name.id) for name in names))
    return at(gast.Tuple(names, gast.Store()), target), at(elements, value)


def shape(target: gast.expr) -> tuple[int, bool, int]:
    """Return how many targets stand in front of the starred one, whether there is one, and how many behind it."""
    stars = [index for index, part in enumerate(target.elts) if isinstance(part, gast.Starred)]
    if not stars:
        return len(target.elts), False, 0
    return stars[0], True, len(target.elts) - stars[0] - 1


def _take_step(generator: gast.comprehension, context: Context) -> None:
    value = step_value(generator)
    if value is None:
        return
    if isinstance(generator.target, gast.Name):
        set_step_value(generator, _assigned(generator.target, value, context))
    elif is_flat(generator.target):
        generator.target, value = _elements(generator.target, value, context)
        set_step_value(generator, value)


def _rebind(name: str, place: gast.AST, context: Context) -> gast.stmt:
    return at(assign(name, call(context.value_operator("assign"), constant(name), load(name))), place)


def _bind(node: gast.stmt, _: Function, context: Context) -> Block:
    if isinstance(node, gast.Assign):
        _bind_targets(node, context)
    elif isinstance(node, gast.AnnAssign) and node.value is not None and isinstance(node.target, gast.Name):
        node.value = _assigned(node.target, node.value, context)
    elif isinstance(node, gast.Delete) and isinstance(node.targets[0], gast.Name):
        name = node.targets[0].id
        if not name.startswith("<"):
            return [node, at(gast.Expr(call(context.value_operator("delete"), constant(name))), node)]
    elif isinstance(node, gast.FunctionDef | gast.AsyncFunctionDef | gast.ClassDef):
        first = node.decorator_list[0] if node.decorator_list else node
        bound = at(call(context.value_construct("assigned_as"), constant(node.name)), first)
        node.decorator_list = [bound, *node.decorator_list]
    elif isinstance(node, gast.Import | gast.ImportFrom) and not context.wants("import"):
        names = [alias.asname or alias.name.partition(".")[0] for alias in node.names]
        return [node, *(_rebind(name, node, context) for name in names)]
    else:
        _bind_at_start(node, context)
    return [node]


def _bind_targets(node: gast.Assign, context: Context) -> None:
    names = [target.id for target in node.targets if isinstance(target, gast.Name)]
    if len(names) == len(node.targets) and not names[0].startswith("<"):
        if len(names) == 1:
            node.value = _assigned(node.targets[0], node.value, context)
            return
        values = call(context.value_construct("assigned"), node.value, *(constant(name) for name in names))
        node.targets = [at(gast.Tuple(node.targets, gast.Store()), node)]
        node.value = at(values, node.value)
    elif len(node.targets) == 1 and is_flat(node.targets[0]) and not getattr(node, "is_split", False):
        node.targets[0], node.value = _elements(node.targets[0], node.value, context)


def _bind_at_start(node: gast.stmt, context: Context) -> None:
    """Tell of what a statement binds before one of its blocks runs, at the start of the block."""
    if isinstance(node, gast.For | gast.AsyncFor) and isinstance(node.target, gast.Name):
        node.body = _told([node.target.id], node.target, node.body, context)
    elif isinstance(node, gast.With | gast.AsyncWith):
        # The items of a `with` stand one in another, so this is the only one.
        target = node.items[0].optional_vars
        if isinstance(target, gast.Name):
            node.body = _told([target.id], target, node.body, context)
    elif isinstance(node, gast.Try | gast.TryStar):
        for handler in node.handlers:
            if handler.name:
                handler.body = _told([handler.name.id], handler, handler.body, context)
    elif isinstance(node, gast.Match):
        for case in node.cases:
            case.body = _told(captured(case.pattern), case.body[0], case.body, context)


def _told(names: list[str], place: gast.AST, body: Block, context: Context) -> Block:
    return [*(_rebind(name, place, context) for name in names if not name.startswith("<")), *body]


def captured(pattern: gast.AST) -> list[str]:
    """Return the names that a pattern binds, in the order of the text."""
    names: dict[str, None] = {}
    stack: list[gast.AST] = [pattern]
    while stack:
        node = stack.pop()
        name = getattr(node, "rest" if isinstance(node, gast.MatchMapping) else "name", None)
        if isinstance(name, str):
            names[name] = None
        stack.extend(reversed([child for child in gast.iter_child_nodes(node) if isinstance(child, gast.pattern)]))
    return list(names)
