"""One row of a spelling: a signature, and the expression that a call of it becomes."""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from dataclasses import dataclass
from typing import cast

import gast

from snek_core_transform.errors import UsageError

_STRICT = (
    gast.Call, gast.keyword, gast.Starred, gast.Attribute, gast.Name, gast.Constant, gast.Tuple, gast.List,
    gast.Subscript, gast.Slice, gast.UnaryOp, gast.BinOp, gast.Compare,
    gast.expr_context, gast.operator, gast.unaryop, gast.cmpop,
)  # fmt: skip
"""The nodes that evaluate each child exactly once, in the order of their fields."""


@dataclass(frozen=True)
class Row:
    """A parsed row; `signature` is None for a plain attribute, and its defaults are trees."""

    name: str
    signature: inspect.Signature | None
    template: gast.AST
    order: tuple[str, ...]
    """The parameters in the order in which the expression evaluates them."""


def parse_row(spelling: str, signature: str, expression: str, imports: frozenset[str]) -> Row:
    """Parse and check one row of the table of that name. Raises UsageError, naming the row."""

    def refuse(what: str) -> UsageError:
        return UsageError(f"{what}: {signature!r}: {expression!r} in spelling {spelling!r}; correct the row")

    name, bracket, rest = signature.partition("(")
    try:
        parsed = _parse_signature(bracket + rest) if bracket else None
        template = gast.parse(expression, mode="eval").body
    except SyntaxError as error:
        raise refuse(f"a row that is not Python ({error.msg})") from error
    if not all(part.isidentifier() for part in name.split(".")):
        raise refuse("a row whose name is not a dotted name")
    parameters = parsed.parameters if parsed else {}
    if any(p.kind in {p.VAR_POSITIONAL, p.VAR_KEYWORD} for p in parameters.values()):
        raise refuse("a row with * or ** parameters")
    for node in gast.walk(template):
        if not isinstance(node, _STRICT) or (isinstance(node, gast.Compare) and len(node.ops) > 1):
            raise refuse(f"an expression with {type(node).__name__}, which may not evaluate its parts exactly once")
    order = tuple(node.id for node in _walk_in_order(template) if isinstance(node, gast.Name))
    used = Counter(order)
    if any(used[parameter] != 1 for parameter in parameters):
        raise refuse("an expression that does not use every parameter exactly once")
    if unknown := set(used) - set(parameters) - imports:
        raise refuse(f"an expression with names that are neither parameters nor imports ({', '.join(sorted(unknown))})")
    if shadowed := set(parameters) & imports:
        raise refuse(f"a parameter that is named like an import ({', '.join(sorted(shadowed))})")
    return Row(name, parsed, template, tuple(name for name in order if name in parameters))


def as_value(row: Row) -> gast.AST | None:
    """Return the native function for a row whose expression is a plain call of it with the same arguments, or None."""
    call = row.template
    if row.signature is None or not isinstance(call, gast.Call):
        return None
    positional = [p for p in row.signature.parameters.values() if p.kind is not p.KEYWORD_ONLY]
    named = {p.name for p in row.signature.parameters.values() if p.kind is p.KEYWORD_ONLY}
    if any(p.default is not p.empty for p in positional):
        return None
    passed = [arg.id if isinstance(arg, gast.Name) else None for arg in call.args]
    by_name = {k.arg if isinstance(k.value, gast.Name) and k.value.id == k.arg else None for k in call.keywords}
    if passed != [p.name for p in positional] or by_name != named:
        return None
    return cast("gast.AST", call.func)


def _parse_signature(parameters: str) -> inspect.Signature:
    """Read `(x, /, *, axis=None)`; a default becomes its tree."""
    module = ast.parse(f"def row{parameters}: pass")
    if len(module.body) != 1 or not isinstance(module.body[0], ast.FunctionDef):
        raise SyntaxError("not a list of parameters")
    arguments = module.body[0].args
    found: list[inspect.Parameter] = []
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    for index, (argument, default) in enumerate(zip(positional, defaults, strict=True)):
        only = index < len(arguments.posonlyargs)
        kind = inspect.Parameter.POSITIONAL_ONLY if only else inspect.Parameter.POSITIONAL_OR_KEYWORD
        found.append(_parameter(argument, kind, default))
    if arguments.vararg:
        found.append(inspect.Parameter(arguments.vararg.arg, inspect.Parameter.VAR_POSITIONAL))
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found.append(_parameter(argument, inspect.Parameter.KEYWORD_ONLY, default))
    if arguments.kwarg:
        found.append(inspect.Parameter(arguments.kwarg.arg, inspect.Parameter.VAR_KEYWORD))
    return inspect.Signature(found)


def _parameter(argument: ast.arg, kind: inspect._ParameterKind, default: ast.expr | None) -> inspect.Parameter:
    value = inspect.Parameter.empty if default is None else gast.parse(ast.unparse(default), mode="eval").body
    return inspect.Parameter(argument.arg, kind, default=value)


def _walk_in_order(node: gast.AST) -> list[gast.AST]:
    """Return the nodes in the order of evaluation: depth first, fields in order, which `_STRICT` nodes keep."""
    return [node, *(inner for child in gast.iter_child_nodes(node) for inner in _walk_in_order(child))]
