"""Cut loops into segments, so that a gradient keeps the state at a segment's begin and computes its trips once more.

The segments of a loop have 1, 2, 3, … trips: how many trips there are need not be known, and a loop of n trips has some
√(2n) segments of at most √(2n) trips. Keeping a state a segment, and a row a trip of one segment at a time, takes the
root of the memory that a row a trip takes, for one more run of the loop. Method: checkpoints, Griewank, Achieving
Logarithmic Growth of Temporal and Spatial Complexity in Reverse Automatic Differentiation (1992), in one level.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from snek_core_transform.errors import StagingError
from snek_strategies.ir.calls import called_in, printing
from snek_strategies.ir.gradients.copies import Copying
from snek_strategies.ir.gradients.drafts import Draft, Fresh, Writer, finished
from snek_strategies.ir.syntax import Block, Const, Node, every_node, free_syms
from snek_strategies.ir.types import BOOL, INT, Tape


def segmented(block: Block, active: Collection[int], fresh: Fresh) -> tuple[Block, frozenset[int]]:
    """Return the block with its active loops cut into segments, and the first result of the loop over each segment.

    Raises StagingError for a loop that cannot be run again.
    """
    cutting = _Cutting(block, active, fresh)
    return cutting.block(block), frozenset(cutting.again)


class _Cutting:
    def __init__(self, block: Block, active: Collection[int], fresh: Fresh) -> None:
        self.active = active
        self.fresh = fresh
        self.again: set[int] = set()
        self.printing = printing(block)

    def block(self, block: Block) -> Block:
        return replace(block, nodes=tuple(map(self._node, block.nodes)))

    def _node(self, node: Node) -> Node:
        made = node.over(node.operands, tuple(map(self.block, node.blocks)))
        flows = any(one.index in self.active for one in node.results)
        if node.primitive != "while" or not flows:
            return made
        self._check(node)
        return self._cut(made)

    def _check(self, loop: Node) -> None:
        """Refuse a loop whose state a row cannot hold, and one that would print again."""
        test, body = loop.blocks
        inside = (*free_syms(body), *body.parameters)
        if any(isinstance(one.type, Tape) for one in inside):
            raise _refusal(loop, "keeps what another gradient needs; give memory='sqrt' to the inner gradient alone")
        if (called_in(test) | called_in(body)) & self.printing or any(
            "print" in one.effects for one in every_node(test)
        ):
            raise _refusal(loop, "prints in a function that it calls or in its test; print in the loop's own body")

    def _cut(self, loop: Node) -> Node:
        """Return a loop over segments around the loop over a segment's trips."""
        test, body = loop.blocks
        types = [one.type for one in body.parameters]
        outer = Draft([*map(self.fresh, types), self.fresh(INT)])
        *state, length = outer.parameters
        inner = Node(
            (*map(self.fresh, types), self.fresh(INT)),
            "while",
            (*state, length),
            blocks=(self._has_trips(test), self._trip(body)),
            effects=loop.effects,
            place=loop.place,
        )
        self.again.add(inner.results[0].index)
        outer.add(inner)
        outer.results = [*inner.results[:-1], Writer(outer, self.fresh)("add", length, Const(1, INT))]
        asked = Copying(self.fresh).block(test)
        asked = replace(asked, parameters=(*asked.parameters, self.fresh(INT)))
        return replace(
            loop,
            results=(*loop.results, self.fresh(INT)),
            operands=(*loop.operands, Const(1, INT)),
            blocks=(asked, finished(outer)),
            effects=loop.effects | {"raise"},
        )

    def _has_trips(self, test: Block) -> Block:
        """Return a test that asks the loop's own one as long as its segment has trips left."""
        left, answer = self.fresh(INT), self.fresh(BOOL)
        draft = Draft([*test.parameters, left])
        some = Writer(draft, self.fresh)("greater", left, Const(0, INT))
        blocks = (Block((), test.nodes, test.results), Block((), (), (Const(False, BOOL),)))
        effects = frozenset().union(*(one.effects for one in test.nodes))
        draft.add(Node((answer,), "if", (some,), blocks=blocks, effects=effects))
        draft.results = [answer]
        return finished(draft)

    def _trip(self, body: Block) -> Block:
        left = self.fresh(INT)
        draft = Draft([*body.parameters, left])
        for node in body.nodes:
            draft.add(node)
        draft.results = [*body.results, Writer(draft, self.fresh)("subtract", left, Const(1, INT))]
        return finished(draft)


def _refusal(loop: Node, why: str) -> StagingError:
    return StagingError(f"a gradient with memory='sqrt' of a loop that {why}", place=loop.place, code="SNK0218")
