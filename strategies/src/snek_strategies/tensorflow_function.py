"""A program in a `tf.function`: what tracing and AutoGraph have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from snek_strategies.protocol import Program, Staged


class TensorFlowFunction(Staged):
    """A `tf.function` traced for one example. Python scalars are part of its key: others are traced again."""

    def __init__(self, function: Any, example: tuple[object, ...]) -> None:
        self.function = function
        self.concrete = function.get_concrete_function(*example)

    def compile(self) -> Program:
        """Return the `tf.function` itself; TensorFlow optimises the graph and builds its executor in the first call."""
        run: Program = self.function
        return run

    def dump(self) -> Mapping[str, str]:
        """Return the concrete function's graph."""
        return {"graph": str(self.concrete.graph.as_graph_def())}

    def counters(self) -> Mapping[str, int]:
        """Return TensorFlow's own count of tracings, and the operations of the graph that call back into Python."""
        return {
            "stagings": self.function.experimental_get_tracing_count(),
            "graphs": 1,
            "breaks": python_operations(self.concrete.graph.as_graph_def()),
        }


def python_operations(graph: Any) -> int:
    """Return how many nodes of a GraphDef, its library included, run a Python function."""
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    return sum(node.op in {"PyFunc", "PyFuncStateless", "EagerPyFunc"} for node in nodes)
