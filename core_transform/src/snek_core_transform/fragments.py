"""The rest of a function from one construct on, in operator form: where inline code goes when it meets a staged value.

Inline code runs plain values in the user's own frame. A staged value cannot go on there, so the frame is left: the
rest of the function, from the construct that met it, is built from the same tree, compiled at the first need, and run
on the frame's variables. Enclosing loops go on where they stand: the rest of this trip, then the further trips over
the iterator that the frame was using.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import CellType, CodeType, FunctionType
from typing import Any

import gast

from .errors import Place, UnsupportedSyntax
from .mangling import mangled
from .operators import Operators, Unbound
from .program import Program
from .scopes import Scope, bound_names, mentioned_names, scope_of, target_names
from .syntax import (
    CHILD_FIELDS,
    COMPREHENSIONS,
    FUNCTIONS,
    Block,
    at,
    attribute,
    call,
    constant,
    embed,
    load,
    parameters,
    store,
    walk,
)  # fmt: skip

GIVEN = "<given>"
"""The variable of a fragment that holds the staged value."""

Cells = FunctionType | dict[str, object]
"""A function that holds on to the cells of a frame; where it has none, the frame's global variables."""

Link = tuple[gast.AST, str, int]
"""A step down the tree: the owner, the field, the position in it."""


def iterator_name(number: int) -> str:
    """Return the variable that holds the iterator of the `for` with this number."""
    return f"<iterator {number}>"


def number_nodes(tree: gast.AST) -> None:
    """Give every node of a tree a number that its copies keep."""
    for number, node in enumerate(walk(tree)):
        node.number = number


@dataclass
class Source:
    """A program's own tree, and the way from its root to each node."""

    program: Program
    operators: Operators
    _links: dict[int, Link] = field(default_factory=dict)

    def way(self, number: int) -> Iterator[Link]:
        """Give the steps from the node with this number up to the root."""
        if not self._links:
            links: dict[int, Link] = {}
            number_nodes(self.program.tree)
            for owner in walk(self.program.tree):
                for name in CHILD_FIELDS[owner.__class__]:
                    value = getattr(owner, name)
                    for position, child in enumerate(value if isinstance(value, list) else [value]):
                        if isinstance(child, gast.AST):
                            links[child.number] = (owner, name, position)
            self._links = links
        while number in self._links:
            link = self._links[number]
            yield link
            number = link[0].number

    def node(self, number: int) -> gast.AST:
        """Return the node with this number."""
        for owner, name, position in self.way(number):
            value = getattr(owner, name)
            return value[position] if isinstance(value, list) else value
        return self.program.tree


@dataclass
class Fragment:
    """One way of going on in operator form; `body` builds its statements, in which `<given>` is the staged value."""

    source: Source
    number: int
    word: str
    where: Callable[[], Place]
    body: Callable[[], Block]
    _code: CodeType | None = None
    _parameters: tuple[str, ...] = ()

    def run(self, given: object, namespace: dict[str, object], cells: Cells) -> Any:
        """Go on from a frame whose variables are `namespace`, those that are cells being held by `cells`."""
        held: dict[str, CellType] = {}
        if isinstance(cells, FunctionType):
            held.update(zip(cells.__code__.co_freevars, cells.__closure__ or (), strict=True))
            cells = cells.__globals__
        if self._code is None:
            self._parameters, self._code = self._compiled(tuple(held))
        closure = tuple(held[name] for name in self._code.co_freevars)
        function = FunctionType(self._code, cells, self._code.co_name, None, closure)
        values = {**namespace, GIVEN: given}
        return function(*(values.get(name, Unbound(name)) for name in self._parameters))

    def _compiled(self, cells: tuple[str, ...]) -> tuple[tuple[str, ...], CodeType]:
        from .deep import in_deep_stack

        return in_deep_stack(lambda: self._build(cells))

    def _build(self, cells: tuple[str, ...]) -> tuple[tuple[str, ...], CodeType]:
        from .compile_tree import compile_tree
        from .construct import Construct
        from .virtualize import operator_form

        program = self.source.program
        owners = [link[0] for link in self.source.way(self.number)]
        function = next(node for node in owners if isinstance(node, FUNCTIONS))
        class_name = next((node.name for node in owners if isinstance(node, gast.ClassDef)), program.class_name)
        scope = scope_of(function)
        body = copy.deepcopy(self.body())
        names = self._variables(scope, body, owners)
        inside = [name for name in names if mangled(name, class_name) not in cells]
        construct = Construct(self.source.operators, self.where, self.word)
        certain = (scope.parameters - scope.unset) | {GIVEN}
        missing: Block = []
        for name in inside:
            if name not in certain and not name.startswith("<"):
                ask = gast.If(call(attribute(embed(construct, "operators"), "missing"), load(name)), [], [])
                ask.body = [gast.Delete([gast.Name(name, gast.Del(), None, None)])]
                ask.plain = True
                missing.append(ask)
        outer = [name for name in bound_names(body) if name in scope.bound and mangled(name, class_name) in cells]
        outer += [name for name in scope.nonlocals if name not in outer]
        declarations: Block = [gast.Global(sorted(scope.globals))] if scope.globals else []
        declarations += [gast.Nonlocal(outer)] if outer else []
        name = "<lambda>" if isinstance(function, gast.Lambda) else function.name
        tree = gast.FunctionDef(name, parameters(inside), [*declarations, *missing, *body], [], None, None, [])
        tree = at(tree, self.source.node(self.number))
        tree.fragment = True
        tree = operator_form(program, tree, self.source.operators, class_name, frozenset(cells))
        code = compile_tree(program, tree, cells, name, class_name)
        return tuple(mangled(name, class_name) for name in inside), code

    def _variables(self, scope: Scope, body: Block, owners: list[gast.AST]) -> list[str]:
        """Return the variables of the frame that the body mentions, the function's first parameter in front."""
        comprehension = {name for owner in owners if isinstance(owner, COMPREHENSIONS) for name in target_names(owner)}
        mentioned = mentioned_names(body) | set(bound_names(body))
        own = [name for name in scope.bound if name in mentioned or name in list(scope.bound)[:1]]
        inner = sorted(comprehension & mentioned - set(own))
        return [*own, *inner, *sorted(name for name in mentioned if name.startswith("<"))]


def continuation(source: Source, number: int) -> Block:
    """Return the statements from one `if`, `while` or `for` to the end of its function."""
    block = _resumed(source.node(number))
    for owner, name, position in source.way(number):
        siblings = getattr(owner, name)
        if isinstance(siblings, list) and name != "cases":
            block = [*block, *siblings[position + 1 :]]
        if isinstance(owner, FUNCTIONS):
            break
        if isinstance(owner, gast.While | gast.For) and name == "body":
            block = [_rest_of_trip(block, owner)]
    return block


def _resumed(node: gast.AST) -> Block:
    """Return a construct whose test or iterable has been evaluated."""
    if isinstance(node, gast.If):
        return [at(gast.If(at(load(GIVEN), node.test), node.body, node.orelse), node)]
    if isinstance(node, gast.For):
        return [at(gast.For(node.target, at(load(GIVEN), node.iter), node.body, node.orelse, None), node)]
    assert isinstance(node, gast.While), node
    trip = _rest_of_trip(node.body, node)
    return [at(gast.If(at(load(GIVEN), node.test), [trip], node.orelse), node)]


def _rest_of_trip(rest: Block, loop: gast.While | gast.For) -> gast.stmt:
    """Return the rest of a loop's present trip, and then the further ones.

    A loop of one trip has the very jumps: its `continue` goes on to its `else`, which holds the further trips, and
    its `break` passes them.
    """
    further: gast.stmt
    if isinstance(loop, gast.While):
        further = at(gast.While(loop.test, loop.body, loop.orelse), loop)
    else:
        iterator = at(load(iterator_name(loop.number)), loop.iter)
        further = at(gast.For(loop.target, iterator, loop.body, loop.orelse, None), loop)
    once = gast.For(store("<once>"), gast.Tuple([constant(None)], gast.Load()), rest, [further], None)
    once.once = True
    return copy.deepcopy(at(once, loop))


def refuse(word: str, place: Place, value: object) -> UnsupportedSyntax:
    """Return the refusal of a staged value where the frame cannot be left."""
    return UnsupportedSyntax(
        f"a staged value reaches this {word}, where plain code cannot go over to operators: {value!r}; "
        "use an operator set with inline=False, or move it out of `try`, `with`, generators and coroutines",
        place,
    )
