"""Compile a virtualized function's tree under the user's own file name and positions."""

from __future__ import annotations
import __future__

import inspect
import re
import uuid
import warnings
from dataclasses import dataclass
from types import CodeType
from typing import Any

import gast

from .own_lines import WARNINGS_LOCK
from .program import Program
from .syntax import at, constant, parameters
from .thunks import THUNK_PARAMETER
from .to_ast import to_ast
from .tracebacks import PIECE, WHOLE

_SEAL = f"<embedded {uuid.uuid4().hex} "
_FUTURE = 0
for _name in __future__.all_feature_names:
    _FUTURE |= getattr(__future__, _name).compiler_flag

_FACTORY = "<factory>"
_THUNK = re.compile(r"<(?:if|while|for|try) [a-z]+(?: \d+)?>")


@dataclass(frozen=True)
class Sealed:
    """Compiled code with texts in place of the live objects that it calls; `embedded` has each by its text."""

    code: CodeType
    embedded: dict[str, object]

    def opened(self, qualname: str, name: str) -> CodeType:
        """Return the code with its live objects, under the names of the user's function."""
        return _unsealed(self.code, self.embedded, qualname, name)


def compile_tree(
    program: Program, tree: gast.AST, free: tuple[str, ...], name: str, class_name: str | None
) -> CodeType:
    """Return the code object of `tree`, the function called `name`, whose free variables are among `free`."""
    return sealed_code(program, tree, free, name, class_name).opened(program.function.__code__.co_qualname, name)


def sealed_code(program: Program, tree: gast.AST, free: tuple[str, ...], name: str, class_name: str | None) -> Sealed:
    """Return what `compile_tree` does, with the live objects apart."""
    code = program.function.__code__
    embedded: dict[str, object] = {}
    module = _module(_signature_only(tree), free, name, class_name)
    plain = to_ast(module, _SEAL, embedded)
    with WARNINGS_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compiled = compile(plain, program.filename, "exec", flags=code.co_flags & _FUTURE, dont_inherit=True)
    levels = [_FACTORY, *([class_name] if class_name else []), name]
    for level in levels:
        compiled = next(inner for inner in compiled.co_consts if isinstance(inner, CodeType) and inner.co_name == level)
    return Sealed(compiled, embedded)


def _module(tree: gast.AST, free: tuple[str, ...], name: str, class_name: str | None) -> gast.Module:
    """Put the function where its free variables and its class are around it, in a function nobody ever calls."""
    inside = tree if isinstance(tree, gast.stmt) else gast.Expr(tree)
    body: list[gast.stmt] = [inside]
    if class_name:
        body = [gast.ClassDef(class_name, [], [], body, [], [])]
    names = [variable for variable in free if not (variable == "__class__" and class_name)]
    # The names that the wrapping binds are no variables of the user's function: to it they are global, or free.
    own = sorted({name, *([class_name] if class_name else [])} - set(free) - {"<lambda>"})
    declaration: list[gast.stmt] = [gast.Global(own)] if own else []
    factory = gast.FunctionDef(_FACTORY, parameters(names), [*declaration, *body], [], None, None, [])
    return gast.Module([at(factory, tree)], [])


def _signature_only(tree: gast.AST) -> gast.AST:
    """Drop what the running function has already evaluated: decorators, defaults, annotations, type parameters."""
    old = tree.args
    every = [*old.posonlyargs, *old.args, old.vararg, *old.kwonlyargs, old.kwarg]
    for argument in every:
        if argument:
            argument.annotation = None
    old.defaults = [at(constant(None), tree) for _ in old.defaults]
    old.kw_defaults = [default and at(constant(None), tree) for default in old.kw_defaults]
    if not isinstance(tree, gast.Lambda):
        tree.decorator_list, tree.returns = [], None
        if hasattr(tree, "type_params"):
            tree.type_params = []
    return tree


def _unsealed(code: CodeType, embedded: dict[str, object], qualname: str, name: str) -> CodeType:
    """Put the live objects into the compiled code, and the user's names, in which no thunk occurs."""
    kind = PIECE if _is_thunk(code) else WHOLE

    def restored(value: Any) -> Any:
        if isinstance(value, CodeType):
            if _is_thunk(value):
                return _unsealed(value, embedded, qualname, name)
            # A definition that is declared global has a qualified name of its own.
            is_inner = value.co_qualname.startswith(f"{code.co_qualname}.")
            inner = qualname + value.co_qualname[len(code.co_qualname) :] if is_inner else value.co_qualname
            return _unsealed(value, embedded, inner, value.co_name)
        if isinstance(value, str):
            # A class body holds its qualified name as a constant.
            is_name = not code.co_flags & inspect.CO_OPTIMIZED and value == code.co_qualname
            return qualname if is_name else embedded.get(value, value)
        return tuple(restored(element) for element in value) if isinstance(value, tuple) else value

    constants = (*(restored(value) for value in code.co_consts), kind)
    return code.replace(co_consts=constants, co_name=name, co_qualname=qualname)


def _is_thunk(code: CodeType) -> bool:
    """Tell whether a code object, fresh from the compiler, is a thunk's."""
    return bool(_THUNK.fullmatch(code.co_name)) or not {THUNK_PARAMETER, "<left>"}.isdisjoint(code.co_varnames)
