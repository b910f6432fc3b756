"""`nn.Module` in staged programs: its parameters and buffers are arguments, everything else it holds is static."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from snek_core_transform.errors import StagingError
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.tensors import is_module

_TABLES = ("_parameters", "_buffers", "_modules")


def module_steps(module: Any) -> Iterator[tuple[str, object]]:
    """Walk what a module holds under its own names: parameters, buffers, modules, then plain attributes."""
    for table in _TABLES:
        for name, one in vars(module)[table].items():
            yield name, one
    for name, one in vars(module).items():
        if not name.startswith("_"):
            yield name, one


def key_of_module(module: Any, key: Callable[[object], object]) -> object:
    """Return what a staging is keyed by for a module: its class, its tensors' types, and every static attribute."""
    hooked = _hooked(module)
    if hooked:
        raise StagingError(hooked, code="SNK0217")
    tensors = [(name, key(one)) for table in _TABLES for name, one in vars(module)[table].items()]
    # A function or any other object counts as itself: the key holds it.
    static = [(name, key(one) if _is_plain(one) else one) for name, one in vars(module).items() if name[0] != "_"]
    return (type(module), tuple(tensors), tuple(static))


def _is_plain(value: object) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_is_plain, value))
    return isinstance(value, (bool, int, float, complex, str, type(None)))


def _hooked(module: Any) -> str:
    found = [name for name, one in vars(module).items() if name.endswith("_hooks") and one]
    if not found:
        return ""
    return f"a {type(module).__name__} with {', '.join(found)}, which staging would not run; remove them"


def copy_of_module(module: Any, made: dict[int, object], inside: Callable[[object], object]) -> object:
    """Return a module of the same class whose tensors are what `inside` makes of them."""
    copied = made[id(module)] = copy.copy(module)
    for table in _TABLES:
        vars(copied)[table] = {name: inside(one) for name, one in vars(module)[table].items()}
    return copied


def parameters_of(module: Any) -> dict[str, Any]:
    """Return a module's parameters and those of the modules in it by dotted name; one under two names has its first."""
    found: dict[int, tuple[str, Any]] = {}
    pending = [("", module)]
    seen: set[int] = set()
    while pending:
        prefix, one = pending.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        for name, parameter in vars(one)["_parameters"].items():
            if parameter is not None:
                found.setdefault(id(parameter), (prefix + name, parameter))
        inner = [(f"{prefix}{name}.", held) for name, held in vars(one)["_modules"].items() if held is not None]
        pending.extend(reversed(inner))
    return dict(found.values())


def refuse_assigned(module: object) -> NoReturn:
    """Refuse a program that assigns to a module's attributes: the caller's module would stay as it is."""
    refuse(
        f"a staged program assigns to attributes of a {type(module).__name__}; return the new values instead",
        code="SNK0210",
    )


def called_module(function: Any) -> Any:
    """Return what a call of a module runs, its `forward`; any other callable as it is."""
    if not is_module(function):
        return function
    hooked = _hooked(function)
    return refuse(hooked, code="SNK0217") if hooked else function.forward


def is_torch(function: object) -> bool:
    """Tell whether a callable is a function of PyTorch's, which dispatches to Reps itself."""
    module = getattr(function, "__module__", None)
    owner = getattr(function, "__objclass__", None) or getattr(function, "__self__", None)
    where = module or getattr(owner, "__module__", None) or ""
    return where.partition(".")[0] == "torch" and not isinstance(function, type)
