"""Arrays that a loop fills row by row as lists of tensors: TensorFlow copies a whole array to store one row of it."""

from __future__ import annotations

from snek_strategies.backends.in_place import HERE, in_place
from snek_strategies.backends.placed_index import leading, placed
from snek_strategies.backends.traced_program import System, Value
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.symbolic_rules import has_symbols
from snek_strategies.ir.syntax import Node, Program, every_node
from snek_strategies.ir.types import Dim, concrete

MOST_ROWS = 1 << 16
"""So many rows become tensors in some milliseconds."""


def with_lists(program: Program) -> Program:
    """Return the program with stores into loops' own arrays marked, where all are of one row and none is read."""
    marked = in_place(program)
    known = (node.primitive == "copy" or _is_a_row(node) for node in every_node(marked.body) if HERE in node.params)
    return marked if all(known) else program


def _is_a_row(node: Node) -> bool:
    dims, index = dims_of(node.operands[0].type), dict(node.params)["index"]
    if node.primitive != "setitem" or has_symbols(dims) or concrete(dims)[0] > MOST_ROWS:
        return False
    assert isinstance(index, tuple)
    return leading(placed(dims, index, tuple(atom.type for atom in node.operands[2:])), dims) == 1


class Lists:
    """The lists of a graph: what becomes one before a loop is an array again after it."""

    def __init__(self, system: System) -> None:
        self.tf = system.tf  # type: ignore[attr-defined]
        self._known: dict[int, tuple[Value, tuple[int, ...]]] = {}

    def of(self, array: Value, dims: tuple[Dim, ...]) -> Value:
        """Return a list of an array's rows."""
        known = concrete(dims)
        made = self.tf.raw_ops.TensorListFromTensor(tensor=array, element_shape=self._row(known))
        self._known[id(made)] = array, known
        return made

    def store(self, rows: Value, at: Value, row: Value) -> Value:
        """Return a list with another row in a place."""
        return self.tf.raw_ops.TensorListSetItem(input_handle=rows, index=self.tf.cast(at, self.tf.int32), item=row)

    def array(self, first: Value, last: Value) -> Value:
        """Return what a loop made of its first state: of a list that was made for it, the array."""
        if id(first) not in self._known:
            return last
        array, dims = self._known[id(first)]
        return self.tf.raw_ops.TensorListStack(
            input_handle=last, element_shape=self._row(dims), element_dtype=array.dtype, num_elements=dims[0]
        )

    def _row(self, dims: tuple[int, ...]) -> Value:
        return self.tf.constant(dims[1:], self.tf.int32)
