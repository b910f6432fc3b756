"""Make functions of a bound text, on the user's own globals and cells; part of the `bind` pass."""

from __future__ import annotations
import __future__

import ast
import importlib
from collections.abc import Mapping, Sequence
from types import CellType, CodeType, FunctionType

from snek_core_transform.bind_print import Printed
from snek_core_transform.bind_text import Text
from snek_core_transform.errors import UsageError

_FACTORY = "<snek>"
"""A function around the text's functions, never called: names that it binds are free variables in them."""
_FUTURE = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)


def load(texts: Sequence[Text], printed: Printed, filename: str, imports: Mapping[str, str]) -> list[FunctionType]:
    """Return the bound function of each text. Raises UsageError where a module cannot be imported.

    Globals stay the user's dict, so imports and bound helpers, which must not appear there, are free variables.
    """
    added = {name: CellType(_module(module)) for name, module in imports.items()}
    added |= {text.name: CellType() for text in texts}
    functions = []
    for text, tree in zip(texts, printed.functions, strict=True):
        original = text.program.function
        cells = dict(zip(original.__code__.co_freevars, original.__closure__ or (), strict=True))
        for name in [*text.imports, *(node.id for _, node in text.references)]:
            cells[name] = added[name]
        code = _compile(tree, text, sorted(cells), filename)
        functions.append(_function(text, code, tuple(cells[name] for name in code.co_freevars)))
        added[text.name].cell_contents = functions[-1]
    return functions


def _compile(tree: ast.FunctionDef | ast.AsyncFunctionDef, text: Text, free: list[str], filename: str) -> CodeType:
    """Compile one function with `free` as the names around it, and give it its own qualified name."""
    original = text.program.function
    factory = ast.parse(f"def f({', '.join(free)}): pass").body[0]
    assert isinstance(factory, ast.FunctionDef)
    factory.name, factory.body = _FACTORY, [tree]
    module = ast.Module([factory], [])
    flags = original.__code__.co_flags & _FUTURE
    compiled = compile(module, filename, "exec", flags=flags, dont_inherit=True)
    code = _constant(_constant(compiled, _FACTORY), text.name)
    home = original.__qualname__.rpartition(".")[0]
    return _renamed(code, f"{home}." if home else "")


def _constant(code: CodeType, name: str) -> CodeType:
    """Return the code object named `name` that `code` holds, also through the scope of its type parameters."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    found = [constant for constant in inner if constant.co_name == name]
    return found[-1] if found else _constant(inner[-1], name)


def _renamed(code: CodeType, home: str) -> CodeType:
    """Write `home` for the factory in the qualified names of `code` and of what is inside it."""
    prefix = f"{_FACTORY}.<locals>."

    def renamed(value: object) -> object:
        if isinstance(value, CodeType):
            return _renamed(value, home)
        return home + value.removeprefix(prefix) if isinstance(value, str) and value.startswith(prefix) else value

    constants = tuple(renamed(value) for value in code.co_consts)
    return code.replace(co_consts=constants, co_qualname=str(renamed(code.co_qualname)))


def _function(text: Text, code: CodeType, cells: tuple[CellType, ...]) -> FunctionType:
    """Make the function, with the original's defaults, annotations and attributes."""
    original, gone = text.program.function, text.parameter
    before = original.__code__
    positional = before.co_varnames[: before.co_argcount]
    defaults = dict(zip(reversed(positional), reversed(original.__defaults__ or ()), strict=False))
    kept = tuple(reversed([value for name, value in defaults.items() if name != gone]))
    function = FunctionType(code, original.__globals__, text.name, kept or None, cells)
    kwdefaults = {name: value for name, value in (original.__kwdefaults__ or {}).items() if name != gone}
    function.__kwdefaults__ = kwdefaults or None
    function.__annotations__ = {name: value for name, value in original.__annotations__.items() if name != gone}
    function.__module__ = original.__module__
    function.__doc__ = original.__doc__
    function.__dict__.update({name: value for name, value in original.__dict__.items() if name != "__wrapped__"})
    if hasattr(original, "__type_params__"):
        setattr(function, "__type_params__", original.__type_params__)  # noqa: B010 - since Python 3.12
    return function


def _module(name: str) -> object:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UsageError(f"a module of the spelling cannot be imported: {name!r} ({error}); install it") from error
