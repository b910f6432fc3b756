"""Gather the functions that a program's array namespace reaches, each rewritten; part of the `bind` pass."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any

import gast

from snek_core_transform.bind_callee import Target
from snek_core_transform.bind_namespace import MISSING, Namespace, read_outside
from snek_core_transform.bind_rewrite import rewrite
from snek_core_transform.bind_scope import bound_names
from snek_core_transform.errors import UnsupportedSyntax
from snek_core_transform.program import Program, program_of
from snek_core_transform.spelling import Spelling
from snek_core_transform.syntax import walk


@dataclass
class Text:
    """One function, rewritten: its tree has no namespace parameter and calls bound helpers by their names."""

    program: Program
    parameter: str
    """The name of the parameter that went away."""
    name: str
    references: list[tuple[Target, gast.Name]] = field(default_factory=list)
    """The bound helpers that it calls, each with the node that names it."""
    imports: frozenset[str] = frozenset()
    """The spelling's imports that it uses."""

    @property
    def target(self) -> Target:
        """The function and the parameter that this is the text of."""
        return (self.program.function, self.parameter)


def gather(root: Target, spelling: Spelling) -> list[Text]:
    """Return the rewritten texts that `root` needs, callees before callers where that is possible, `root` last.

    Raises UnsupportedSyntax where one of them cannot be bound.
    """
    texts: dict[Target, Text | None] = {}
    ordered: list[Text] = []
    taken: set[str] = set(spelling.imports)

    def visit(target: Target) -> None:
        texts[target] = None
        text = texts[target] = _rewrite(target, spelling, taken)
        for callee, _ in text.references:
            if callee not in texts:
                visit(callee)
        ordered.append(text)

    visit(root)
    # The root chooses its name first, then the others in the order of the text.
    for text in [ordered[-1], *ordered[:-1]]:
        tree: Any = text.program.tree
        text.name = tree.name = _free_name(text.program.function.__name__, taken)
    for text in ordered:
        for target, node in text.references:
            referred = texts[target]
            assert referred is not None
            node.id = referred.name
    return ordered


def _rewrite(target: Target, spelling: Spelling, taken: set[str]) -> Text:
    """Rewrite one function; the names that the user wrote in it are added to `taken`."""
    function, parameter = target
    program = program_of(function)
    tree: Any = program.tree
    _check_is_plain(program)
    text = Text(program, parameter, function.__name__)

    def reference(callee: Target) -> gast.Name:
        node = gast.Name(id=callee[0].__name__, ctx=gast.Load(), annotation=None, type_comment=None)
        text.references.append((callee, node))
        return node

    written = [node for node in walk(tree) if isinstance(node, gast.Name)]
    bound = bound_names(tree)
    rewrite(Namespace(program, parameter, spelling), reference)
    drop_parameter(tree.args, parameter)
    tree.decorator_list = []
    left = [node for node in walk(tree) if isinstance(node, gast.Name)]
    old = {id(node) for node in written}
    text.imports = frozenset(n.id for n in left if id(n) not in old and n.id in spelling.imports)
    for name in text.imports:
        _check_import(text, name, spelling.imports[name], bound, written)
    taken |= {node.id for node in left if id(node) in old} | set(bound)
    return text


def _check_is_plain(program: Program) -> None:
    """Refuse lambdas, and functions whose meaning depends on a class around them."""
    tree, function = program.tree, program.function
    if not isinstance(tree, gast.FunctionDef | gast.AsyncFunctionDef):
        raise UnsupportedSyntax("a lambda cannot be bound; define the function with `def`", program.place(tree))
    if program.class_name and ("__class__" in function.__code__.co_freevars or _has_private(tree)):
        raise UnsupportedSyntax(
            f"a method that uses super(), __class__ or private names cannot be bound: {function.__qualname__!r}; "
            "make it a function of a module",
            program.place(tree),
        )


def _has_private(tree: gast.AST) -> bool:
    names = [*bound_names(tree), *(getattr(node, "id", getattr(node, "attr", "")) for node in walk(tree))]
    return any(name.startswith("__") and not name.endswith("__") for name in names)


def _check_import(text: Text, name: str, module: str, bound: dict[str, gast.AST], written: list[gast.Name]) -> None:
    """Refuse a text in which the name of an import means something else."""
    user = bound.get(name) or next((node for node in written if node.id == name), None)
    if user is None:
        return
    value = read_outside(text.program.function, name)
    if name in bound or value is MISSING or value is not sys.modules.get(module):
        raise UnsupportedSyntax(
            f"the name of an import of the bound text is used for something else: {name!r} (import of {module}); "
            "rename it",
            text.program.place(user),
        )


def drop_parameter(arguments: gast.arguments, name: str) -> None:
    """Remove a parameter, and its default where it has one, from a tree's parameter list."""
    positional = [*arguments.posonlyargs, *arguments.args]
    for index, parameter in enumerate(positional):
        if parameter.id == name and index >= len(positional) - len(arguments.defaults):
            arguments.defaults.pop(index - len(positional))
    for index, parameter in enumerate(arguments.kwonlyargs):
        if parameter.id == name:
            arguments.kw_defaults.pop(index)
    for parameters in (arguments.posonlyargs, arguments.args, arguments.kwonlyargs):
        parameters[:] = [parameter for parameter in parameters if parameter.id != name]


def _free_name(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}_{number}"
    taken.add(name)
    return name
