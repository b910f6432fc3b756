"""Find the user's function that the array namespace is passed to; part of the `bind` pass."""

from __future__ import annotations

from types import FunctionType, ModuleType

import gast

from snek_core_transform.bind_namespace import MISSING, Namespace, read_outside
from snek_core_transform.bind_scope import owner

Target = tuple[FunctionType, str]
"""A function, and which of its parameters is the array namespace."""


def passes_namespace(namespace: Namespace, call: gast.Call) -> bool:
    """Tell whether the namespace itself is an argument of `call`."""
    return any(namespace.is_meant(node) for node in [*call.args, *(keyword.value for keyword in call.keywords)])


def take_target(namespace: Namespace, call: gast.Call) -> Target:
    """Remove the namespace from the arguments of `call`; return what it calls, as its name means now.

    Raises UnsupportedSyntax where that is no function known by name, or the argument's parameter is not clear.
    """
    function = _function(namespace, call.func)
    positions = [index for index, node in enumerate(call.args) if namespace.is_meant(node)]
    names = [keyword.arg for keyword in call.keywords if namespace.is_meant(keyword.value)]
    starred = any(isinstance(node, gast.Starred) for node in call.args) or any(k.arg is None for k in call.keywords)
    if len(positions) + len(names) != 1 or starred:
        message = f"{namespace.parameter!r} is not passed exactly once, without starred arguments; write the call so"
        raise namespace.refusal(call, message)
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    named = code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount]
    parameters = list(positional[positions[0] : positions[0] + 1]) if positions else [n for n in names if n in named]
    if not parameters:
        message = f"no parameter of {function.__qualname__!r} takes {namespace.parameter!r} here; give it one"
        raise namespace.refusal(call, message)
    call.args = [node for node in call.args if not namespace.is_meant(node)]
    call.keywords = [keyword for keyword in call.keywords if not namespace.is_meant(keyword.value)]
    return function, parameters[0]


def _function(namespace: Namespace, node: gast.AST) -> FunctionType:
    value = _value(namespace, node)
    if not isinstance(value, FunctionType):
        message = (
            f"{namespace.parameter!r} is passed to something that cannot be bound: {gast.unparse(node).strip()!r}; "
            "pass it to a function that is defined with `def`"
        )
        raise namespace.refusal(node, message)
    return value


def _value(namespace: Namespace, node: gast.AST) -> object:
    """Return the value of a global, a free variable, or an attribute of a module."""
    if isinstance(node, gast.Attribute):
        home = _value(namespace, node.value)
        return getattr(home, node.attr, MISSING) if isinstance(home, ModuleType) else MISSING
    if not isinstance(node, gast.Name):
        return MISSING
    if owner(node.id, namespace.scopes) is not None:
        message = (
            f"{namespace.parameter!r} is passed to a local name: {node.id!r}; "
            f"a nested function reads {namespace.parameter!r} from the function around it"
        )
        raise namespace.refusal(node, message)
    return read_outside(namespace.program.function, node.id)
