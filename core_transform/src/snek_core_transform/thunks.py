"""Make a piece of a function a function of its own over the same variables."""

from __future__ import annotations

import gast

from .construct import Construct
from .context import Context
from .inline import inner
from .mangling import mangled
from .scopes import Scope, bound_names
from .syntax import Block, at, call, constant, embed, load, parameters

THUNK_PARAMETER = "<thunk>"
"""The parameter by which the code of an expression's thunk is told from a lambda of the user's."""


def statement_thunk(name: str, body: Block, scope: Scope, place: gast.AST, takes: tuple[str, ...] = ()) -> gast.stmt:
    """Return `def name(takes): body`, where every variable of the function stays the function's own."""
    assigned = [bound for bound in bound_names(body) if scope.is_slot(bound) and bound not in takes]
    shared = [bound for bound in assigned if bound in scope.globals]
    outer = [bound for bound in assigned if bound not in scope.globals]
    declarations: Block = [gast.Global(shared)] if shared else []
    declarations += [gast.Nonlocal(outer)] if outer else []
    function = gast.FunctionDef(name, parameters(takes), [*declarations, *_unannotated(body)], [], None, None, [])
    function.is_thunk = True
    return at(function, place)


def expression_thunk(value: gast.expr) -> gast.Lambda:
    """Return `lambda: value`, marked as no lambda of the user's."""
    arguments = parameters()
    arguments.vararg = gast.Name(THUNK_PARAMETER, gast.Param(), None, None)
    thunk = gast.Lambda(arguments, value)
    thunk.is_thunk = True
    return at(thunk, value)


def run_thunks(run: gast.expr, place: gast.AST, context: Context) -> gast.stmt:
    """Return the statement that calls an operator over thunks.

    A group that an `except*` raises has no entry in its traceback for the function that the `except*` stands in, and to
    raise it again here adds none.
    """
    statement = at(gast.Expr(run), place)
    if gast.TryStar not in context.kinds:
        return statement
    tidy = gast.Expr(call(context.value_construct("left_by_group")))
    handler = gast.ExceptHandler(embed(BaseExceptionGroup, "operators"), None, [tidy, gast.Raise(None, None)])
    return at(inner(gast.Try([statement], [handler], [], [])), place)


def cells(construct: Construct, names: tuple[str, ...], scope: Scope, class_name: str | None) -> gast.Lambda:
    """Tell `construct` its state, and return a function that holds on to the variables in it that are cells."""
    construct.names = names
    construct.cell_names = tuple(mangled(name, class_name) for name in names)
    held = [load(name) for name in names if name not in scope.globals]
    return expression_thunk_of(gast.Tuple(held, gast.Load()))


def expression_thunk_of(value: gast.expr) -> gast.Lambda:
    """Return a thunk whose value is never computed: only its cells matter."""
    thunk = gast.Lambda(parameters(), value)
    thunk.is_thunk = thunk.is_cells = True
    return thunk


def _unannotated(body: Block) -> Block:
    """Drop annotations of plain names: Python does not evaluate them in a function, and refuses them on `nonlocal`."""
    result: Block = []
    for statement in body:
        if isinstance(statement, gast.AnnAssign) and isinstance(statement.target, gast.Name) and statement.simple:
            if statement.value is None:
                continue
            result.append(at(gast.Assign([statement.target], statement.value, None), statement))
        else:
            result.append(_Unannotate().visit(statement))
    return result or [gast.Pass()]


class _Unannotate(gast.NodeTransformer):  # type: ignore[misc]
    def visit_AnnAssign(self, node: gast.AnnAssign) -> gast.stmt | None:
        if not isinstance(node.target, gast.Name) or not node.simple:
            return node
        if node.value is None:
            return at(gast.Expr(constant(None)), node)
        return at(gast.Assign([node.target], node.value, None), node)

    def visit_FunctionDef(self, node: gast.AST) -> gast.AST:
        return node

    visit_AsyncFunctionDef = visit_Lambda = visit_ClassDef = visit_FunctionDef
