"""The copy of a Python tree is, node by node, the one that gast itself makes."""

import argparse
import ast
import contextlib
import dataclasses
import enum
import inspect
import sys
import typing
from pathlib import Path
from types import ModuleType

import gast
import pytest

from snek_core_transform.to_gast import to_gast

MODULES = (argparse, ast, contextlib, dataclasses, enum, inspect, typing)
CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.py"))
FORMS = (
    "async def f(a: int, /, b=1, *c: str, d, e=2, **g) -> None:\n    async with a as b, c: await d\n",
    "async def f(): return [x async for x in y if x], {x: y for x in z}, {*a}, {**b}\n",
    "try: pass\nexcept* (A, B) as error: raise error from None\nelse: pass\nfinally: pass\n",
    "match x:\n case {'a': 1, **rest}: pass\n case [1, *others] | C(a=None) as c if c: pass\n case -1 | 'b': pass\n",
    "x: int\ny: list[int] = f'{z!r:>{width}}' u''\na < b <= c is not d not in e\nlambda *, a, b=1: (yield)\n",
)
SINCE = {
    (3, 12): "type A[T: int, *Ts, **P] = dict[T, P]\nclass B[T](C): pass\ndef f[T](x: T) -> T: pass\n",
    (3, 13): "class B[T = int]: pass\ntype A[*Ts = *tuple[int], **P = [int]] = 1\n",
}


def differing(expected: object, found: object, where: str = "") -> str | None:
    """Return where two trees differ, or None."""
    if type(expected) is not type(found):
        return f"{where}: {expected!r} is {found!r}"
    if isinstance(expected, gast.AST):
        fields = vars(expected).keys() | vars(found).keys()
        pairs = [(getattr(expected, name, None), getattr(found, name, None), f"{where}.{name}") for name in fields]
    elif isinstance(expected, list):
        if len(expected) != len(found):
            return f"{where}: {len(expected)} nodes are {len(found)}"
        pairs = [(old, new, f"{where}[{place}]") for place, (old, new) in enumerate(zip(expected, found, strict=True))]
    else:
        return None if expected == found else f"{where}: {expected!r} is {found!r}"
    return next((answer for pair in pairs if (answer := differing(*pair))), None)


def check(text: str) -> None:
    tree = ast.parse(text)
    before = ast.dump(tree, include_attributes=True)
    assert differing(gast.ast_to_gast(tree), to_gast(tree)) is None
    assert ast.dump(tree, include_attributes=True) == before


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_a_module_of_pythons_is_copied_as_gast_copies_it(module: ModuleType) -> None:
    check(inspect.getsource(module))


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_a_program_of_the_corpus_is_copied_as_gast_copies_it(file: Path) -> None:
    check(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", [*FORMS, *(text for since, text in SINCE.items() if sys.version_info >= since)])
def test_rare_forms_are_copied_as_gast_copies_them(text: str) -> None:
    check(text)


def test_two_copies_share_no_node_that_holds_anything() -> None:
    tree = ast.parse(FORMS[0])
    trees = [to_gast(tree), to_gast(tree)]
    first, second = ({id(node) for node in gast.walk(copy) if node._fields} for copy in trees)
    assert not first & second
