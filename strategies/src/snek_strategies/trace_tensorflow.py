"""`trace/tensorflow`: `tf.function` without AutoGraph, which records the operations of one run of the program."""

from __future__ import annotations

from snek_strategies.protocol import Program
from snek_strategies.spellings.tensorflow_spelling import TENSORFLOW
from snek_strategies.tensorflow_function import TensorFlowFunction
from snek_strategies.tensorflow_gradient import value_and_gradients
from snek_strategies.tensorflow_values import TensorFlowStrategy, loaded


class TraceTensorFlow(TensorFlowStrategy):
    """Trace the program with TensorFlow; control flow on tensors is rejected by TensorFlow."""

    name = "trace/tensorflow"
    spelling = TENSORFLOW

    def stage(self, program: Program, example: tuple[object, ...]) -> TensorFlowFunction:
        """Trace the program for the example. Raises what TensorFlow raises."""
        function = loaded(self.device).function(program, autograph=False)
        return TensorFlowFunction(function, tuple(map(self.from_host, example)))

    def stage_gradient(self, program: Program, example: tuple[object, ...], by: tuple[int, ...]) -> TensorFlowFunction:
        """Trace the program and its `tf.GradientTape` into one graph. Raises what TensorFlow raises."""
        loaded(self.device)
        return self.stage(value_and_gradients(program, by), example)
