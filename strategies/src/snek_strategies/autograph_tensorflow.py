"""`autograph/tensorflow`: `tf.function` with TensorFlow's own AutoGraph, which rewrites the program's source."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from snek_core_transform.errors import StagingError
from snek_strategies.protocol import Program
from snek_strategies.spellings.tensorflow_spelling import TENSORFLOW
from snek_strategies.tensorflow_function import TensorFlowFunction
from snek_strategies.tensorflow_gradient import value_and_gradients
from snek_strategies.tensorflow_values import TensorFlowStrategy, loaded


class AutographTensorFlow(TensorFlowStrategy):
    """Rewrite the program with AutoGraph, then trace it; functions that it calls are rewritten too."""

    name = "autograph/tensorflow"
    spelling = TENSORFLOW

    def stage(self, program: Program, example: tuple[object, ...]) -> Autographed:
        """Rewrite and trace the program for the example. Raises what TensorFlow raises.

        Where AutoGraph cannot convert a function, it warns and runs it as it is; here it raises instead. The switch is
        an environment variable that AutoGraph reads whenever it converts, so it stays on in this process.
        """
        return self._autographed(program, program, example)

    def stage_gradient(self, program: Program, example: tuple[object, ...], by: tuple[int, ...]) -> Autographed:
        """Rewrite the program, and trace it and its `tf.GradientTape` into one graph. Raises what TensorFlow raises."""
        loaded(self.device)
        return self._autographed(program, value_and_gradients(program, by), example)

    def _autographed(self, program: Program, traced: Program, example: tuple[object, ...]) -> Autographed:
        if program.__code__.co_filename == "<string>":
            raise StagingError("AutoGraph leaves code of file '<string>' as it is; compile it under another file name")
        os.environ["AUTOGRAPH_STRICT_CONVERSION"] = "1"
        function = loaded(self.device).function(traced, autograph=True)
        return Autographed(program, function, tuple(map(self.from_host, example)))


class Autographed(TensorFlowFunction):
    """A `tf.function` whose program AutoGraph has rewritten."""

    def __init__(self, program: Program, function: Any, example: tuple[object, ...]) -> None:
        super().__init__(function, example)
        self.program = program

    def dump(self) -> Mapping[str, str]:
        """Return the rewritten source of the program and the concrete function's graph."""
        import tensorflow as tf

        return {"source": tf.autograph.to_code(self.program), **super().dump()}
