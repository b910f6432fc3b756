"""What the passes know besides the tree: whose text it is, for which operators, and the constructs made so far."""

from __future__ import annotations

import functools
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import gast

from .call_site import CallSite
from .callee import overrides_call
from .construct import Construct
from .errors import Place
from .fragments import Fragment, Source
from .operators import Operators
from .program import later_place
from .syntax import attribute, embed
from .value_construct import ValueConstruct


@dataclass
class Context:
    """The surroundings of one run of the passes."""

    filename: str
    lines: tuple[str, ...]
    operators: Operators
    inline: bool
    class_name: str | None = None
    source: Source | None = None
    outer_cells: frozenset[str] = frozenset()
    names: Counter[str] = field(default_factory=Counter)
    kinds: frozenset[type] = frozenset()
    """The kinds of node in the user's text, as `prepare` finds them."""
    functions: list[gast.AST] = field(default_factory=list)
    """The user's functions, as `prepare` finds them."""
    values: ValueConstruct = field(init=False)

    def __post_init__(self) -> None:
        self.values = ValueConstruct(self.operators)

    def fresh(self, word: str) -> str:
        """Return a name that no user can write, and that no enclosing construct uses."""
        self.names[word] += 1
        number = self.names[word]
        return f"<{word}>" if number == 1 else f"<{word} {number}>"

    def release(self, word: str) -> None:
        """Give back the last fresh name of `word`, which nothing uses."""
        self.names[word] -= 1

    def wants(self, group: str) -> bool:
        """Tell whether the operator set wants this construct group."""
        return group in self.operators.groups

    def construct(self, node: gast.AST, word: str) -> Construct:
        """Return the run-time end of one construct: what the virtualized code calls."""
        return Construct(self.operators, later_place(node, self.filename, self.lines), word)

    @functools.cached_property
    def remembers_callees(self) -> bool:
        """Whether a call may know its callee again: inline code whose calls keep Python's meaning."""
        return self.inline and not overrides_call(self.operators)

    @functools.cached_property
    def every_call(self) -> CallSite | Construct:
        """The run-time end of the calls that remember nothing."""
        if self.operators.inline and not overrides_call(self.operators):
            return CallSite(self.operators)
        return Construct(self.operators, functools.partial(Place, self.filename, 1), "call")

    def fragment(self, node: gast.AST, construct: Construct, body: Callable[[], list[gast.stmt]]) -> Fragment:
        """Return a way of going on from `node` in operator form."""
        assert self.source is not None, "inline code is made from a program's own tree"
        return Fragment(self.source, node.number, construct.word, construct.where, body)

    def original(self, number: int) -> gast.AST:
        """Return the user's own node with this number."""
        assert self.source is not None, "inline code is made from a program's own tree"
        return self.source.node(number)

    def test_place(self, statement: gast.AST, test: gast.AST) -> gast.AST:
        """Return where Python places an error in a test's truth."""
        exact = sys.version_info >= (3, 12) or isinstance(test, gast.Compare)
        return test if exact else statement

    def iteration_place(self, loop: gast.For) -> gast.AST:
        """Return where Python places the error of an iterable that is none."""
        return loop.iter if sys.version_info >= (3, 13) else loop

    def keep_assert_place(self, node: gast.Assert) -> None:
        """Place an `assert`, whose test is about to be wrapped, where Python places its error."""
        if sys.version_info < (3, 12) and isinstance(node.test, gast.Compare):
            gast.copy_location(node, node.test)

    def value_operator(self, method: str) -> gast.expr:
        """Return a reference to an operator over single values."""
        return attribute(embed(self.values, "operators"), method)

    def value_construct(self, method: str) -> gast.expr:
        """Return a reference to what calls an operator over single values in Python's order."""
        return attribute(embed(self.values, "operators"), method)

    def operator(self, construct: Construct | CallSite, method: str) -> gast.expr:
        """Return a reference to an operator of a construct."""
        return attribute(embed(construct, "operators"), method)
