"""`autograph/snek`: Snek's core with operators that dispatch to TensorFlow, in place of TensorFlow's own AutoGraph."""

from __future__ import annotations

from typing import Any

from snek_strategies.protocol import Program
from snek_strategies.spellings.tensorflow_spelling import TENSORFLOW
from snek_strategies.staging.refusal import FIRST, StagingStopped
from snek_strategies.staging.regions import WATCHES
from snek_strategies.staging.watch import Watch
from snek_strategies.tensorflow_function import TensorFlowFunction
from snek_strategies.tensorflow_gradient import value_and_gradients
from snek_strategies.tensorflow_values import TensorFlowStrategy, loaded


class AutographSnek(TensorFlowStrategy):
    """Trace the virtualized program: control flow on tensors becomes `tf.cond` and `tf.while_loop`."""

    name = "autograph/snek"
    spelling = TENSORFLOW

    def stage(self, program: Program, example: tuple[object, ...]) -> TensorFlowFunction:
        """Trace the program for the example. Raises StagingError for what a graph cannot hold, naming the place."""
        function = loaded(self.device).function(staging(program), autograph=False)
        return TensorFlowFunction(function, tuple(map(self.from_host, example)))

    def stage_gradient(self, program: Program, example: tuple[object, ...], by: tuple[int, ...]) -> TensorFlowFunction:
        """Trace the virtualized program and its `tf.GradientTape` into one graph; raises as `stage` does."""
        traced = value_and_gradients(staging(program), by)
        function = loaded(self.device).function(traced, autograph=False)
        return TensorFlowFunction(function, tuple(map(self.from_host, example)))


def staging(program: Program) -> Program:
    """Return the virtualized program as Python that runs only while TensorFlow traces it."""
    from snek_strategies.tensorflow_operators import TensorFlowOperators

    def trace_program(*args: Any) -> object:
        operators = TensorFlowOperators()
        tokens = (WATCHES.set((Watch(),)), FIRST.set(None))
        try:
            result = operators.call(program, *args)
            swallowed = FIRST.get()
        except StagingStopped as stopped:
            raise stopped.error from stopped.__cause__
        except Exception as error:
            if FIRST.get() is not None:
                # C code turns what passes through it into exceptions of its own.
                raise FIRST.get() from error  # type: ignore[misc]
            raise
        finally:
            WATCHES.reset(tokens[0])
            FIRST.reset(tokens[1])
        if swallowed is not None:
            raise swallowed
        return result

    return trace_program
