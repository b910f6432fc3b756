"""Split every binding and store into statements that do one thing each, where an operator set asks for one of them."""

from __future__ import annotations

import gast

from .context import Context
from .scoped import Function, each_statement_in_scope
from .syntax import COMPREHENSIONS, Block, assign, at, load, rewritten, rules_for, store

STORES = frozenset({"name", "attribute", "subscript", "unpack"})
"""The groups whose operators need a store for themselves."""


def lower_targets(tree: gast.AST, context: Context) -> gast.AST:
    """Give each store that is to be an operator call a statement of its own, in Python's order.

    In a class body a target of several parts keeps Python's form: a variable for the parts would be an attribute.

    >>> def f(a, b):
    ...     a.x, (b[0], *c) = d = b
    >>> print(show(f, after="lower_targets", operators=RecordingOperators()))
    def f(a, b):
        <stored> = b
        <element>, <element 2> = <stored>
        a.x = <element>
        <element 3>, *<element 4> = <element 2>
        b[0] = <element 3>
        c = <element 4>
        del <element 3>, <element 4>
        del <element>, <element 2>
        d = <stored>
        del <stored>
    """
    if not any(context.wants(group) for group in STORES):
        return tree
    tree = each_statement_in_scope(tree, context, _lower)
    return rewritten(tree, rules_for(lambda node, _: _comprehension(node, context), *COMPREHENSIONS))


def is_flat(target: gast.expr) -> bool:
    """Tell whether a target is a sequence of names, one of them perhaps starred."""
    return isinstance(target, gast.Tuple | gast.List) and all(
        isinstance(_bare(part), gast.Name) for part in target.elts
    )


def _bare(target: gast.expr) -> gast.expr:
    return target.value if isinstance(target, gast.Starred) else target


def is_lowered(target: gast.expr, context: Context) -> bool:
    """Tell whether the operator set asks for a part of storing to `target`."""
    if isinstance(target, gast.Name):
        return context.wants("name")
    if isinstance(target, gast.Attribute):
        return context.wants("attribute")
    if isinstance(target, gast.Subscript):
        return context.wants("subscript")
    if isinstance(target, gast.Starred):
        return is_lowered(target.value, context)
    return context.wants("unpack") or any(is_lowered(part, context) for part in target.elts)


def _is_one(target: gast.expr) -> bool:
    """Tell whether storing to `target` is one step, or one of a row of names."""
    return not isinstance(target, gast.Tuple | gast.List) or is_flat(target)


def _lower(node: gast.stmt, function: Function, context: Context) -> Block:
    in_class = function is None
    if isinstance(node, gast.Assign):
        return _assign(node, in_class, context)
    if isinstance(node, gast.AnnAssign) and node.value is not None and not isinstance(node.target, gast.Name):
        # In a function no annotation is evaluated; in a class body this one is, so that it stays.
        plain = at(gast.Assign([node.target], node.value, None), node)
        return [node] if in_class or not is_lowered(node.target, context) else [plain]
    if isinstance(node, gast.Delete):
        return [at(gast.Delete([part]), node) for target in node.targets for part in _deleted(target)]
    if isinstance(node, gast.For | gast.AsyncFor) and not in_class and not isinstance(node.target, gast.Name):
        if is_lowered(node.target, context):
            node.target, node.body = _taken(node.target, node.body, context)
    elif isinstance(node, gast.With | gast.AsyncWith) and not in_class:
        return [_with(node, context)]
    return [node]


def _assign(node: gast.Assign, in_class: bool, context: Context) -> Block:
    targets = node.targets
    if not any(is_lowered(target, context) for target in targets):
        return [node]
    if len(targets) == 1 and _is_one(targets[0]):
        return [node]
    if all(isinstance(target, gast.Name) for target in targets) or in_class:
        return [node]
    if len(targets) == 1:
        return _elements(targets[0], node.value, node, context)
    value = context.fresh("stored")
    result: Block = [at(assign(value, node.value), node)]
    for target in targets:
        result += _assign(at(gast.Assign([target], load(value), None), node), in_class, context)
    context.release("stored")
    return [*result, _forget([value], node)]


def _elements(target: gast.expr, value: gast.expr, place: gast.stmt, context: Context) -> Block:
    """Return the steps of unpacking: the parts into variables, and then each part where it belongs, in order."""
    stored: list[tuple[gast.expr, str]] = []
    parts: list[gast.expr] = []
    for part in target.elts:
        # What stands before the first store that is a step of its own can be stored by Python.
        if not stored and isinstance(_bare(part), gast.Name) and not context.wants("name"):
            parts.append(part)
            continue
        stored.append((part, context.fresh("element")))
        new = store(stored[-1][1])
        parts.append(at(gast.Starred(new, gast.Store()) if isinstance(part, gast.Starred) else new, part))
    later: Block = []
    for part, name in stored:
        later += _assign(at(gast.Assign([_bare(part)], load(name), None), part), False, context)
    names = [name for _, name in stored]
    for _ in names:
        context.release("element")
    unpacking = at(gast.Assign([at(gast.Tuple(parts, gast.Store()), target)], value, None), place)
    unpacking.is_split = True
    return [unpacking, *(at(statement, place) for statement in later), _forget(names, place)]


def _taken(target: gast.expr, body: Block, context: Context) -> tuple[gast.expr, Block]:
    """Return a variable in place of `target`, and the body that starts by storing it."""
    name = context.fresh("taken")
    take = _assign(at(gast.Assign([target], load(name), None), target), False, context)
    context.release("taken")
    return at(store(name), target), [*take, _forget([name], target), *body]


def _forget(names: list[str], place: gast.AST) -> gast.stmt:
    forgotten = gast.Delete([gast.Name(name, gast.Del(), None, None) for name in names])
    return at(forgotten, place)


def _deleted(target: gast.expr) -> list[gast.expr]:
    if isinstance(target, gast.Tuple | gast.List):
        return [part for element in target.elts for part in _deleted(element)]
    return [target]


def _with(node: gast.With | gast.AsyncWith, context: Context) -> gast.stmt:
    """Return a `with` whose items stand one in another, where a target needs statements."""
    targets = [item.optional_vars for item in node.items if item.optional_vars is not None]
    if not any(is_lowered(target, context) for target in targets):
        return node
    body = node.body
    for item in node.items[::-1]:
        target = item.optional_vars
        if target is not None and not isinstance(target, gast.Name) and is_lowered(target, context):
            item.optional_vars, body = _taken(target, body, context)
        inner = at(type(node)([item], body, None), node)
        body = [inner]
    return inner


def _comprehension(node: gast.AST, context: Context) -> gast.AST:
    """Give each target of several parts, or one that is a variable, a step of its own: `for x in (value,)`."""
    generators: list[gast.comprehension] = []
    for generator in node.generators:
        if not is_lowered(generator.target, context) or not _is_one(generator.target):
            generators.append(generator)
            continue
        name = context.fresh("taken")
        value = at(gast.Tuple([load(name)], gast.Load()), generator.target)
        value.is_step = True
        generators.append(gast.comprehension(at(store(name), generator.target), generator.iter, [], generator.is_async))
        generators.append(gast.comprehension(generator.target, value, generator.ifs, 0))
    node.generators = generators
    return node


def step_value(generator: gast.comprehension) -> gast.expr | None:
    """Return the value that a comprehension's step stores, or None where it is a loop of the user's."""
    return generator.iter.elts[0] if getattr(generator.iter, "is_step", False) else None


def set_step_value(generator: gast.comprehension, value: gast.expr) -> None:
    """Change the value that a comprehension's step stores."""
    generator.iter.elts[0] = value
