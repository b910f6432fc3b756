"""Write one use of the array namespace in the framework's words; part of the `bind` pass."""

from __future__ import annotations

import inspect

import gast

from snek_core_transform.bind_namespace import Namespace
from snek_core_transform.spelling_expand import ReordersEffects, copied, expand
from snek_core_transform.spelling_row import as_value


def is_spelled_call(namespace: Namespace, call: gast.Call) -> bool:
    """Tell whether `call` calls a function of the table."""
    rows = namespace.spelling.table.get(namespace.path(call.func) or "", ())
    return any(row.signature is not None for row in rows)


def check_arguments(namespace: Namespace, call: gast.Call) -> None:
    """Refuse arguments whose number is not known from the text."""
    if any(isinstance(node, gast.Starred) for node in call.args) or any(k.arg is None for k in call.keywords):
        said = namespace.said(namespace.path(call.func) or "")
        raise namespace.refusal(call, f"starred arguments of {said} cannot be matched; write them out")


def spell_call(namespace: Namespace, call: gast.Call) -> gast.AST:
    """Return what `xp.f(...)`, whose arguments are native already, becomes: by the first row that takes them."""
    path, spelling = namespace.path(call.func) or "", namespace.spelling
    problem = ""
    for row in spelling.table[path]:
        try:
            return expand(row, call, frozenset(spelling.imports))
        except TypeError as error:
            problem = f"{error}, for {row.name}{_shown(row.signature)}"
        except ReordersEffects as error:
            message = (
                f"{namespace.said(path)} in {spelling.name} evaluates this argument before the others; "
                "give it a name in a statement before"
            )
            raise namespace.refusal(error.second, message) from error
    said = namespace.said(path)
    raise namespace.refusal(call, f"{said} has no spelling in {spelling.name} with these arguments: {problem}")


def spell_attribute(namespace: Namespace, node: gast.Attribute, path: str) -> gast.AST | None:
    """Return what `xp.float32`, or `xp.tanh` as a value, becomes; None where the table has a part of it."""
    spelling = namespace.spelling
    rows = spelling.table.get(path)
    if rows is None:
        _check_known(namespace, node, path)
        return None
    if rows[0].signature is None:
        return copied(rows[0].template, node)
    native = as_value(rows[0]) if len(rows) == 1 else None
    if native is None:
        message = (
            f"{namespace.said(path)} as a value has no equal in {spelling.name}: "
            f"{gast.unparse(rows[0].template).strip()!r}; call it, or pass a lambda that does"
        )
        raise namespace.refusal(node, message)
    return copied(native, node)


def _check_known(namespace: Namespace, node: gast.Attribute, path: str) -> None:
    """Refuse a name that is not in the table; `xp.pi.real` is known where `xp.pi` is."""
    table, parts = namespace.spelling.table, path.split(".")
    if any(".".join(parts[:length]) in table for length in range(1, len(parts))):
        return
    is_namespace = any(name.startswith(f"{parts[0]}.") for name in table)
    name = ".".join(parts[:2]) if is_namespace else parts[0]
    near = namespace.spelling.near(name)
    known = f"near names: {', '.join(near)}" if near else f"known names: {', '.join(table)}"
    raise namespace.refusal(node, f"{namespace.said(name)} has no spelling in {namespace.spelling.name}; {known}")


def _shown(signature: inspect.Signature | None) -> str:
    """Write a signature with its defaults as source."""
    assert signature is not None
    parameters = [
        parameter
        if parameter.default is parameter.empty
        else parameter.replace(default=_Source(gast.unparse(parameter.default).strip()))
        for parameter in signature.parameters.values()
    ]
    return str(inspect.Signature(parameters))


class _Source(str):
    """Text that shows without quotes."""

    __slots__ = ()
    __repr__ = str.__str__
