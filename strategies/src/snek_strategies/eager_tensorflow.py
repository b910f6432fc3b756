"""`eager/tensorflow`: the program as written, on TensorFlow."""

from __future__ import annotations

from snek_strategies.as_written import AsWritten
from snek_strategies.protocol import Program
from snek_strategies.spellings.tensorflow_spelling import TENSORFLOW
from snek_strategies.tensorflow_gradient import value_and_gradients
from snek_strategies.tensorflow_values import TensorFlowStrategy, loaded


class EagerTensorFlow(TensorFlowStrategy):
    """Run the program with Python and TensorFlow; no staging."""

    name = "eager/tensorflow"
    spelling = TENSORFLOW

    def stage(self, program: Program, example: tuple[object, ...]) -> AsWritten:  # noqa: ARG002 - the protocol
        """Return the program as it is."""
        loaded(self.device)
        return AsWritten(program)

    def stage_gradient(self, program: Program, example: tuple[object, ...], by: tuple[int, ...]) -> AsWritten:  # noqa: ARG002
        """Return the program under a `tf.GradientTape`."""
        loaded(self.device)
        return AsWritten(value_and_gradients(program, by))
