"""Reverse mode: a program that also answers the gradients of one of its results.

A block becomes two. The forward one is the block itself; where it lies in a branch, a loop or a function it pushes a
row of the values that are needed later to a tape, loops count their trips, functions give the tape as a result.
The backward one pops the row and walks the nodes in reverse. A loop's backward is a loop over the counted trips, a
call's is a call of the function's backward. The tape is an ordinary value, so that what comes out can be
differentiated again. Method: Pearlmutter and Siskind, Reverse-Mode AD in a Functional Framework (2008), with a tape for
their closures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from snek_core_transform.deep import in_deep_stack
from snek_strategies.ir.gradients.activity import active_outside, active_syms
from snek_strategies.ir.gradients.copies import Copying
from snek_strategies.ir.gradients.drafts import Draft, Fresh, Unfinished, Writer, finished
from snek_strategies.ir.gradients.handed_on import handed_on
from snek_strategies.ir.gradients.linear import DECOMPOSITIONS
from snek_strategies.ir.gradients.remembering import NOTHING, Counter, Remembered, counters, drop_dead
from snek_strategies.ir.gradients.segments import segmented
from snek_strategies.ir.gradients.table import derivative, refusal
from snek_strategies.ir.gradients.value import Value, fit
from snek_strategies.ir.interpretations import zero
from snek_strategies.ir.passes.close_functions import close_functions, numbered
from snek_strategies.ir.symbolic_rules import has_symbols
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Sym, every_node, next_index
from snek_strategies.ir.types import INT, TAPE, Array, Fn, Scalar, Tape, type_of

Adjoints = dict[int, Atom]
DERIVATIVE = "d"
"""The hint of the names that a transformation makes."""
NOT_COUNTED: Mapping[int, Counter] = {}


def gradient(block: Block, of: int, wrt: Sequence[int], fresh: Fresh | None = None, memory: str = "all") -> Block:
    """Return a block that yields what `block` yields, then the gradients of result `of` by the parameters `wrt`.

    `fresh` gives names where the block lies in others. With `memory` "sqrt" loops run again in segments
    (`segments.py`). Raises StagingError where an operation has no derivative, or a loop cannot run again.
    """
    fresh = fresh or numbered(next_index(block))
    return in_deep_stack(lambda: _gradient(close_functions(block, fresh), of, wrt, fresh, memory))


def _gradient(closed: Block, of: int, wrt: Sequence[int], fresh: Fresh, memory: str) -> Block:
    parameters = [closed.parameters[at] for at in wrt]
    active = active_syms(closed, parameters, closed.results[of : of + 1])
    again: frozenset[int] = frozenset()
    if memory == "sqrt":
        closed, again = segmented(closed, active, fresh)
        active = active_syms(closed, parameters, closed.results[of : of + 1])
    reverse = _Reverse(closed, active, fresh, again)
    draft = reverse.forward(closed, Draft(list(closed.parameters)))
    draft.results = list(closed.results)
    adjoints: Adjoints = {}
    result = closed.results[of]
    if isinstance(result, Sym) and result.index in active:
        adjoints[result.index] = _one(result)
    walked = list(draft.nodes)
    reverse.define(walked, draft)
    reverse.backward(walked, draft, adjoints)
    draft.results += [reverse.adjoint(adjoints, one, draft) for one in parameters]
    return finished(draft)


def _one(result: Sym) -> Atom:
    if isinstance(result.type, Scalar):
        return Const(1.0, result.type)
    assert isinstance(result.type, Array)
    return Const(result.type.dtype.type(1), result.type)


class _Reverse:
    """What one transformation knows: which names are active, and what became of each function."""

    def __init__(self, block: Block, active: frozenset[int], fresh: Fresh, again: frozenset[int]) -> None:
        self.active = set(active)
        self.run_again = set(again)
        """The first results of loops that keep no rows: the backward runs them once more, and then they do."""
        self.plainly = False
        """Whether what is being written forward keeps no rows."""
        self.fresh: Fresh = lambda type_: replace(fresh(type_), hint=DERIVATIVE)
        self.again: Fresh = fresh
        self.outside = active_outside(block, active)
        self.handed_on = handed_on(block)
        self.bodies = {one.results[0].index: one.blocks[0] for one in every_node(block) if one.primitive == "function"}
        self.around: list[set[int]] = []
        """The names of the regions whose backward is being written; what is used of them lies in rows."""
        self.forwards: dict[int, Sym] = {}
        self.backwards: dict[int, Sym] = {}
        for one in every_node(block):
            if one.primitive == "function" and any(self.flows(sym) for sym in one.blocks[0].parameters):
                self._name(one)

    def flows(self, atom: Atom) -> bool:
        """Tell whether a gradient flows to that atom."""
        return isinstance(atom, Sym) and atom.index in self.active

    def _name(self, function: Node) -> None:
        name, body = function.results[0], function.blocks[0]
        assert isinstance(name.type, Fn)
        self.forwards[name.index] = self.fresh(Fn((*name.type.parameters, TAPE), (*name.type.results, TAPE)))
        takes = tuple(one.type for one in body.results if self.flows(one))
        gives = tuple(one.type for one in body.parameters if self.flows(one))
        self.backwards[name.index] = self.fresh(Fn((*takes, TAPE), (*gives, TAPE)))

    # Forward.

    def forward(self, block: Block, draft: Draft) -> Draft:
        """Write the forward nodes of a block; its results are the caller's to set."""
        for node in block.nodes:
            if node.primitive == "function" and node.results[0].index in self.forwards:
                self._forward_function(node, draft)
            elif node.primitive == "call" and node.operands[0].index in self.forwards:  # type: ignore[union-attr]
                self._forward_call(node, draft)
            elif not node.blocks:
                draft.add(node)
            elif self.plainly or not any(map(self.flows, node.results)):
                self._plain(node, draft)
            elif node.results[0].index in self.run_again:
                self._forward_plainly(node, draft)
            else:
                (self._forward_if if node.primitive == "if" else self._forward_while)(node, draft)
        return draft

    def _plain(self, node: Node, draft: Draft) -> None:
        """Write a node through whose blocks nothing flows; calls in them are of functions that now take a tape."""
        inner = [self._block(one, Draft(list(one.parameters))) for one in node.blocks]
        draft.add(Unfinished(node, list(node.results), list(node.operands), inner))

    def _forward_plainly(self, node: Node, draft: Draft) -> None:
        self.plainly = True
        self._plain(node, draft)
        self.plainly = False

    def _block(self, block: Block, draft: Draft) -> Draft:
        self.forward(block, draft)
        draft.results = list(block.results)
        return draft

    def _taped(self, draft: Draft) -> Sym:
        if draft.tape is None:
            draft.tape = Writer(draft, self.fresh)("tape_new")
        return draft.tape

    def _inner(self, block: Block, tape: Sym, *more: Sym) -> Draft:
        """Write a block that yields what it yields and then the tape."""
        draft = Draft([*block.parameters, *more], tape=tape)
        self._block(block, draft)
        assert draft.tape is not None
        draft.kept = len(draft.results)
        draft.results.append(draft.tape)
        return draft

    def _forward_if(self, node: Node, draft: Draft) -> None:
        tape = self._taped(draft)
        drafts = [self._inner(one, tape) for one in node.blocks]
        draft.tape = self.fresh(TAPE)
        draft.add(Unfinished(node, [*node.results, draft.tape], list(node.operands), drafts))

    def _forward_while(self, node: Node, draft: Draft) -> None:
        tape, test = self._taped(draft), node.blocks[0]
        asked = self._block(test, Draft([*test.parameters, self.fresh(TAPE), self.fresh(INT)]))
        held, count = self.fresh(TAPE), self.fresh(INT)
        body = self._inner(node.blocks[1], held, held, count)
        body.results.append(Writer(body, self.fresh)("add", count, Const(1, INT)))
        draft.tape, trips = self.fresh(TAPE), self.fresh(INT)
        operands = [*node.operands, tape, Const(0, INT)]
        draft.add(Unfinished(node, [*node.results, draft.tape, trips], operands, [asked, body]))

    def _forward_function(self, node: Node, draft: Draft) -> None:
        tape = self.fresh(TAPE)
        around, self.plainly = self.plainly, False
        body = self._inner(node.blocks[0], tape, tape)
        self.plainly = around
        draft.add(Unfinished(node, [self.forwards[node.results[0].index]], [], [body]))

    def _forward_call(self, node: Node, draft: Draft) -> None:
        name = node.operands[0]
        assert isinstance(name, Sym)
        flows = any(map(self.flows, node.results)) and not self.plainly
        tape = self._taped(draft) if flows else Writer(draft, self.fresh)("tape_new")
        after = self.fresh(TAPE)
        operands = [self.forwards[name.index], *node.operands[1:], tape]
        draft.add(Unfinished(node, [*node.results, after], operands, []))
        if flows:
            draft.tape = after

    # Backward.

    def adjoint(self, adjoints: Adjoints, sym: Atom, draft: Draft) -> Atom:
        """Return what has reached a name: a zero where nothing has."""
        known = adjoints.get(sym.index) if isinstance(sym, Sym) else None
        if known is not None:
            return known
        if isinstance(sym.type, Tape):
            return Writer(draft, self.fresh)("tape_new")
        if isinstance(sym.type, Array) and has_symbols(sym.type.dims):
            none = zero(Array(sym.type.dtype))
            return Writer(draft, self.fresh)("broadcast_to", Const(none, type_of(none)), shape=sym.type.dims)
        return Const(zero(sym.type), sym.type)

    def reach(self, adjoints: Adjoints, atom: Atom, given: Atom, draft: Draft) -> None:
        """Add a contribution to what reaches a name."""
        if not isinstance(atom, Sym) or atom.index not in self.active:
            return
        before = adjoints.get(atom.index)
        if before is None or (isinstance(before, Const) and not _any(before)):
            adjoints[atom.index] = given
        else:
            adjoints[atom.index] = Writer(draft, self.fresh)("add", before, given)

    def define(self, nodes: Sequence[Node | Unfinished], draft: Draft) -> None:
        """Write the backwards of the functions that these nodes define: what follows may call them."""
        for node in nodes:
            if isinstance(node, Unfinished) and node.origin.primitive == "function":
                name = node.origin.results[0].index
                if name in self.backwards:
                    self._backward_function(node, self.backwards[name], draft)

    def backward(self, nodes: Sequence[Node | Unfinished], draft: Draft, adjoints: Adjoints) -> None:
        """Write what carries gradients back through these nodes, in reverse."""
        for node in reversed(nodes):
            if isinstance(node, Node):
                if any(at.index in adjoints for at in node.results):
                    self._backward_simple(node, draft, adjoints)
            elif not any(map(self.flows, node.origin.results)):
                continue
            elif node.origin.primitive == "if":
                self._backward_if(node, draft, adjoints)
            elif node.origin.results[0].index in self.run_again:
                self._backward_again(node, draft, adjoints)
            elif node.origin.primitive == "while":
                self._backward_while(node, draft, adjoints)
            elif node.origin.primitive == "call":
                self._backward_call(node, draft, adjoints)

    def _backward_simple(self, node: Node, draft: Draft, adjoints: Adjoints) -> None:
        writer = Writer(draft, self.fresh, node.place)
        if node.primitive == "tape_push":
            rows = [one for one in node.operands[1:] if _is_real(one)]
            (result,) = node.results
            popped: tuple[Atom, ...] = (adjoints[result.index],)
            if rows:
                popped = writer.many("tape_pop", popped[0], types=tuple(one.type for one in rows))
            for one, given in zip((node.operands[0], *rows), popped, strict=True):
                self.reach(adjoints, one, given, draft)
            return
        if node.primitive == "tape_pop":
            tape, *row = (
                self.adjoint(adjoints, one, draft) for one in node.results if _is_real(one) or one.type == TAPE
            )
            self.reach(adjoints, node.operands[0], writer("tape_push", tape, *row) if row else tape, draft)
            return
        if node.primitive == "tape_new":
            return
        if node.primitive in DECOMPOSITIONS:
            self._decomposition(node, writer, adjoints)
            return
        if len(node.results) != 1:
            raise refusal(node)
        (result,) = node.results
        if isinstance(result.type, (Array, Scalar)) and not _is_real(result):
            raise refusal(node, f"{node.primitive} of complex numbers")
        g = Value(adjoints[result.index], writer)
        values = [Value(one, writer) for one in node.operands]
        params = dict(node.params)
        for at, operand in enumerate(node.operands):
            if not self.flows(operand):
                continue
            assert isinstance(operand, Sym)
            if not _is_real(operand):
                raise refusal(node, f"{node.primitive} of complex numbers")
            before = adjoints.get(operand.index)
            if node.primitive == "getitem" and isinstance(before, Sym):
                # Into what has come together so far: a loop over the rows of an array stays linear.
                adjoints[operand.index] = Value(before, writer).do("additem", g, *values[1:], **params).atom
                continue
            try:
                reached = derivative(node, at)(g, Value(result, writer), *values, **params)
            except NotImplementedError as error:
                raise refusal(node) from error
            self.reach(adjoints, operand, fit(reached, operand.type).atom, draft)

    def _decomposition(self, node: Node, writer: Writer, adjoints: Adjoints) -> None:
        """Write the backward of a node with several results, from those that something reaches."""
        (operand,) = node.operands
        if not self.flows(operand):
            return
        if not _is_real(operand):
            raise refusal(node, f"{node.primitive} of complex numbers")
        given = [adjoints.get(one.index) for one in node.results]
        reaching = [None if one is None else Value(one, writer) for one in given]
        if not any(reaching):
            return
        made = [Value(one, writer) for one in node.results]
        try:
            reached = DECOMPOSITIONS[node.primitive](reaching, made, Value(operand, writer), **dict(node.params))
        except NotImplementedError as error:
            raise refusal(node) from error
        self.reach(adjoints, operand, fit(reached, operand.type).atom, writer.draft)

    def _keep(
        self, forward: Draft, backward: Draft, tape: Sym, counted: Mapping[int, Counter], ends: Mapping[int, Sym]
    ) -> tuple[Sym, tuple[Sym, ...]]:
        """Push what the backward block needs of the forward one as a row, pop it there; return the tape below.

        What the next trip's row holds of a loop's end is handed on: the backward block takes it first and gives what
        its own row holds first. Return these names as well.
        """
        drop_dead(backward)
        backward.rename(self.handed_on)
        around = frozenset().union(*self.around) - self.handed_on.keys()
        remembered = Remembered(forward, backward, counted, around, self.handed_on, ends)
        # Both come first in the block, though what they have to give is known only now.
        first = Draft()
        row, below = list(remembered.row.values()), tape
        if row:
            types = tuple(one.type for one in row)
            below, *values = Writer(first, self.fresh).many("tape_pop", tape, types=types)
            backward.renamed.update((one.index, value) for one, value in zip(row, values, strict=True))
            kept = forward.results[forward.kept]
            forward.results[forward.kept] = Writer(forward, self.fresh)("tape_push", kept, *row)
        again, names = remembered.write(forward, self.again, backward.parameters[-1] if counted else None)
        backward.renamed.update(names)
        for node in again.nodes:
            first.add(node)
        backward.nodes[:0] = first.nodes
        backward.use(tape, *first.used.values())
        backward.bound |= first.bound
        later = tuple(remembered.later.values())
        taken = [self.fresh(one.type) for one in later]
        backward.parameters[:0], backward.results[:0] = taken, later
        backward.renamed.update(zip(remembered.later, taken, strict=True))
        backward.rename(self.handed_on)
        return below, later

    def _walk(self, forward: Draft, draft: Draft, adjoints: Adjoints) -> Sym:
        """Write the backward of a forward block into a draft; return the name of the tape at its beginning.

        That name stands for the tape below the row, which is popped first once it is known what the row holds.
        """
        walked = list(forward.nodes)
        draft.tape = under = self.fresh(TAPE)
        self.around.append({*forward.bound, *(sym.index for sym in forward.parameters)})
        self.define(walked, draft)
        self.backward(walked, draft, adjoints)
        self.around.pop()
        return under

    def _close(
        self,
        forward: Draft,
        draft: Draft,
        tape: Sym,
        under: Sym,
        counted: Mapping[int, Counter] = NOT_COUNTED,
        ends: Mapping[int, Sym] = NOTHING,
    ) -> tuple[Sym, ...]:
        assert draft.tape is not None
        draft.results.append(draft.tape)
        below, later = self._keep(forward, draft, tape, counted, ends)
        draft.renamed[under.index] = below
        return later

    def _backward_if(self, node: Unfinished, draft: Draft, adjoints: Adjoints) -> None:
        origin = node.origin
        captured = self.outside.get(id(origin), ())
        tape = self._tape_in(draft)
        blocks: list[Draft] = []
        for forward, block in zip(node.drafts, origin.blocks, strict=True):
            inner = Draft()
            own = {one.index: adjoints[one.index] for one in captured if one.index in adjoints}
            for result, outer in zip(block.results, origin.results, strict=True):
                if outer.index in adjoints:
                    self.reach(own, result, adjoints[outer.index], inner)
            under = self._walk(forward, inner, own)
            inner.results = [self.adjoint(own, one, inner) for one in captured]
            self._close(forward, inner, tape, under)
            blocks.append(inner)
        results = [self.fresh(one.type) for one in captured]
        self._append(draft, Node((), "if", (), place=origin.place), results, node.operands, blocks)
        adjoints.update((one.index, got) for one, got in zip(captured, results, strict=True))

    def _backward_while(self, node: Unfinished, draft: Draft, adjoints: Adjoints) -> None:
        origin, forward = node.origin, node.drafts[1]
        block = origin.blocks[1]
        captured = self.outside.get(id(origin), ())
        state = [at for at, one in enumerate(block.parameters) if self.flows(one)]
        start = [self.adjoint(adjoints, origin.results[at], draft) for at in state]
        start += [self.adjoint(adjoints, one, draft) for one in captured]
        types = [*(block.parameters[at].type for at in state), *(one.type for one in captured)]
        asked, inner = (Draft([*map(self.fresh, types), self.fresh(TAPE), self.fresh(INT)]) for _ in range(2))
        asked.results = [Writer(asked, self.fresh)("greater", asked.parameters[-1], Const(0, INT))]
        *given, tape, count = inner.parameters
        own: Adjoints = {one.index: at for one, at in zip(captured, given[len(state) :], strict=True)}
        for at, one in zip(state, given, strict=False):
            self.reach(own, block.results[at], one, inner)
        under = self._walk(forward, inner, own)
        inner.results = [self.adjoint(own, block.parameters[at], inner) for at in state]
        inner.results += [self.adjoint(own, one, inner) for one in captured]
        ends = {one.index: at for one, at in zip(block.results, block.parameters, strict=True) if isinstance(one, Sym)}
        later = self._close(forward, inner, tape, under, counters(origin), ends)
        inner.results.append(Writer(inner, self.fresh)("subtract", count, Const(1, INT)))
        asked.parameters[:0] = [self.fresh(one.type) for one in later]
        handed = [origin.results[block.parameters.index(one)] for one in later]
        results = [self.fresh(one.type) for one in (*handed, *asked.parameters[len(later) : -2])]
        operands = [*handed, *start, self._tape_in(draft), node.results[-1]]
        self._append(draft, Node((), "while", (), place=origin.place), results, operands, [asked, inner], INT)
        results = results[len(later) :]
        # The loop began with what had reached the captured names, so that its totals stand for both.
        adjoints.update((one.index, got) for one, got in zip(captured, results[len(state) :], strict=True))
        for at, got in zip(state, results, strict=False):
            self.reach(adjoints, origin.operands[at], got, draft)

    def _backward_again(self, node: Unfinished, draft: Draft, adjoints: Adjoints) -> None:
        """Run a loop that has kept no rows once more, with a tape of its own, and write the backward of that."""
        copying = Copying(self.again)
        again = copying.node(node.origin)
        self._know(again, copying.names)
        written = len(draft.nodes)
        around, draft.tape = draft.tape, None
        self.run_again.discard(again.results[0].index)
        self.forward(Block((), (again,), ()), draft)
        for old, new in zip(node.origin.results, again.results, strict=True):
            if old.index in adjoints:
                adjoints[new.index] = adjoints[old.index]
        self.backward(draft.nodes[written:], draft, adjoints)
        draft.tape = around

    def _know(self, again: Node, names: Mapping[int, Sym]) -> None:
        """Take in the copy of a node: its names, by those that they are copies of, flow and are run as those are."""
        block = Block((), (again,), ())
        for known in (self.active, self.run_again):
            known.update(names[one].index for one in known & names.keys())
        self.outside.update(active_outside(block, self.active))
        for one in self.handed_on.keys() & names.keys():
            origin = self.handed_on[one]
            self.handed_on[names[one].index] = names.get(origin.index, origin)
        for node in every_node(block):
            if node.primitive == "function":
                self.bodies[node.results[0].index] = node.blocks[0]
                if any(map(self.flows, node.blocks[0].parameters)):
                    self._name(node)

    def _tape_in(self, draft: Draft) -> Sym:
        assert draft.tape is not None
        return draft.tape

    def _append(
        self,
        draft: Draft,
        origin: Node,
        results: list[Sym],
        operands: Sequence[Atom],
        blocks: list[Draft],
        *more: Scalar,
    ) -> None:
        """Add a backward node that takes and gives the tape after its other results."""
        draft.tape = self.fresh(TAPE)
        made = Unfinished(origin, [*results, draft.tape, *map(self.fresh, more)], list(operands), blocks)
        draft.add(made)

    def _backward_call(self, node: Unfinished, draft: Draft, adjoints: Adjoints) -> None:
        origin = node.origin
        name = origin.operands[0]
        assert isinstance(name, Sym)
        body = self.bodies[name.index]
        passed = [
            self.adjoint(adjoints, mine, draft)
            for mine, theirs in zip(origin.results, body.results, strict=True)
            if self.flows(theirs)
        ]
        targets = [
            mine for mine, theirs in zip(origin.operands[1:], body.parameters, strict=True) if self.flows(theirs)
        ]
        operands = [self.backwards[name.index], *passed, self._tape_in(draft)]
        results = [self.fresh(one.type) for one in targets]
        call = Node((), "call", (), effects=origin.effects, place=origin.place)
        self._append(draft, call, results, operands, [])
        for one, got in zip(targets, results, strict=True):
            self.reach(adjoints, one, got, draft)

    def _backward_function(self, node: Unfinished, name: Sym, draft: Draft) -> None:
        (forward,), (block,) = node.drafts, node.origin.blocks
        assert isinstance(name.type, Fn)
        inner = Draft(list(map(self.fresh, name.type.parameters)))
        *given, tape = inner.parameters
        own: Adjoints = {}
        for result, one in zip((one for one in block.results if self.flows(one)), given, strict=True):
            self.reach(own, result, one, inner)
        under = self._walk(forward, inner, own)
        inner.results = [self.adjoint(own, one, inner) for one in block.parameters if self.flows(one)]
        self._close(forward, inner, tape, under)
        label = f"gradient of {dict(node.origin.params).get('name', 'function')}"
        origin = Node((), "function", (), (("name", label),), place=node.origin.place)
        draft.add(Unfinished(origin, [name], [], [inner]))


def _any(constant: Const) -> bool:
    value = constant.value
    return bool(getattr(value, "any", lambda: value)())


def _is_real(atom: Atom) -> bool:
    type_ = atom.type
    return (isinstance(type_, Array) and type_.dtype.kind == "f") or type_ == Scalar("float")
