"""Note what later passes must not lose: declarations, the plain forms, whether a function is a generator."""

from __future__ import annotations

import gast

from .context import Context
from .forms import mark_plain, mark_unwanted
from .scopes import body_of, mentioned_names, scope_of_nodes
from .syntax import COMPREHENSIONS, FUNCTIONS, SCOPES, Block, at, call, children, load, own_children, own_nodes, walk

YIELDS = frozenset({gast.Yield, gast.YieldFrom})


def prepare(tree: gast.AST, context: Context) -> gast.AST:
    """Move `global` and `nonlocal` to the top of their function, and mark what must keep Python's plain form.

    >>> def f(x):
    ...     if x:
    ...         global y
    ...         y = x
    >>> print(show(f, after="prepare"))
    def f(x):
        global y
        if x:
            pass
            y = x
    """
    nodes = walk(tree)
    if not context.inline and any(node.__class__ is gast.Name and node.id == "super" for node in nodes):
        _name_supers(tree, context)
        nodes = walk(tree)
    context.kinds = frozenset(node.__class__ for node in nodes)
    mark_unwanted(nodes, context.operators.groups, context.operators.stages_exceptions)
    inner: Inner = {}
    for scope in nodes:
        if scope.__class__ in SCOPES:
            own = own_nodes(body_of(scope))
            inner[scope] = [node for node in own if node.__class__ in SCOPES]
            mark_plain(scope, own)
            if isinstance(scope, FUNCTIONS):
                _prepare(scope, own)
                context.functions.append(scope)
    _note_cells(tree, context.outer_cells, inner)
    return tree


Inner = dict[gast.AST, list[gast.AST]]
"""The functions and classes directly in each function and class."""


def _prepare(function: gast.AST, nodes: list[gast.AST]) -> None:
    function.scope = scope_of_nodes(function, nodes)
    function.yields = any(node.__class__ in YIELDS for node in nodes)
    function.suspends = function.yields or isinstance(function, gast.AsyncFunctionDef)
    if isinstance(function, gast.Lambda):
        return
    if not function.suspends:
        _note_exits(function)
    scope = function.scope
    declarations: Block = [gast.Global(sorted(scope.globals))] if scope.globals else []
    declarations += [gast.Nonlocal(sorted(scope.nonlocals))] if scope.nonlocals else []
    if declarations:
        remover = _WithoutDeclarations()
        function.body = [at(declaration, function) for declaration in declarations] + [
            statement for old in function.body if (statement := remover.visit(old)) is not None
        ]


def _note_exits(function: gast.AST) -> None:
    """Note the constructs where inline code can leave the frame: not in `try` and `with`, whose ends belong to it."""
    found = [function.body]
    for block in found:
        for statement in block:
            if isinstance(statement, gast.If | gast.While | gast.For):
                statement.is_exit = True
                found += [statement.body, statement.orelse]
            elif isinstance(statement, gast.Match):
                found += [case.body for case in statement.cases]


def _name_supers(tree: gast.AST, context: Context) -> None:
    """Give `super()` its class and object, which it finds in its frame: a thunk has another."""
    stack = [(tree, "__class__" in context.outer_cells)]
    while stack:
        node, in_class = stack.pop()
        positional = [*node.args.posonlyargs, *node.args.args] if isinstance(node, FUNCTIONS) else []
        # Without its object or class `super()` has an error of its own, which only Python's form raises.
        if (
            in_class
            and positional
            and isinstance(node.body, list)
            and not _deletes(node, positional[0].id, "__class__")
        ):
            node.body = [_named_super(statement, positional[0].id, context) for statement in node.body]
        in_class = in_class or isinstance(node, gast.ClassDef)
        stack.extend((child, in_class) for child in children(node))


def _deletes(function: gast.AST, *names: str) -> bool:
    return any(
        isinstance(node, gast.Name) and node.id in names and isinstance(node.ctx, gast.Del) for node in walk(function)
    )


def _named_super(statement: gast.AST, first: str, context: Context) -> gast.AST:
    for owner in own_nodes(gast.Module([statement], [])):
        if isinstance(owner, (*COMPREHENSIONS, *FUNCTIONS, gast.ClassDef)):
            continue
        for field, value in gast.iter_fields(owner):
            if isinstance(value, list):
                setattr(owner, field, [_super(child, first, context) for child in value])
            elif isinstance(value, gast.AST):
                setattr(owner, field, _super(value, first, context))
    return statement


def _super(node: object, first: str, context: Context) -> object:
    if not isinstance(node, gast.Call) or not isinstance(node.func, gast.Name) or node.func.id != "super":
        return node
    if node.args or node.keywords:
        return node
    operator = context.operator(context.construct(node, "`super`"), "parent")
    return at(call(operator, node.func, load("__class__"), load(first)), node)


def _note_cells(tree: gast.AST, outer: frozenset[str], inner: Inner) -> None:
    """Note, on every function, those of its names that may be cells."""
    stack = [(tree, outer)]
    while stack:
        node, around = stack.pop()
        if isinstance(node, gast.ClassDef):
            around |= {"__class__"}
        else:
            scope = node.scope
            mentioned = mentioned_names(children(node)) - {"__class__"} if around else set()
            mentioned |= {"__class__"} if "__class__" in around and _uses_class(node) else set()
            free = (mentioned & around) - scope.bound.keys() - scope.globals
            node.cell_names = sorted(scope.captured | scope.nonlocals | free)
            around = (around | scope.bound.keys()) - scope.globals
        stack.extend((child, around) for child in inner[node])


def _uses_class(function: gast.AST) -> bool:
    """Tell whether a function or one in it, but none in a class in it, uses the class in whose body it stands."""
    stack = children(function)
    while stack:
        node = stack.pop()
        if isinstance(node, gast.Name) and node.id in {"super", "__class__"}:
            return True
        stack.extend(own_children(node) if isinstance(node, gast.ClassDef) else children(node))
    return False


class _WithoutDeclarations(gast.NodeTransformer):  # type: ignore[misc]
    """Removes declarations from a function's own statements."""

    def visit_Global(self, node: gast.AST) -> gast.AST:
        return at(gast.Pass(), node)

    visit_Nonlocal = visit_Global

    def visit_FunctionDef(self, node: gast.AST) -> gast.AST:
        return node

    visit_AsyncFunctionDef = visit_Lambda = visit_ClassDef = visit_FunctionDef
