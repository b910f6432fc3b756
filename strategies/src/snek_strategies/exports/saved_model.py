"""A TensorFlow SavedModel of a staged program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from snek_strategies.backends.tensorflow_program import TensorFlowProgram
from snek_strategies.backends.traced_program import Evaluator
from snek_strategies.exports.interface import Interface, check_no_errors


def write(lowered: TensorFlowProgram, faces: Interface, path: Path) -> None:
    """Write a folder that `tf.saved_model.load` reads."""
    import tensorflow as tf

    check_no_errors(faces.name, lowered.carried is not None)
    body, system = lowered.ready.body, lowered.system

    def function(*arguments: Any) -> dict[str, Any]:
        made = Evaluator(system).run(body, arguments, {})
        return {name: tf.identity(one) for name, one in zip(faces.outputs, made, strict=True)}

    signature = [
        tf.TensorSpec(dims, dtype, name) for name, (dtype, dims) in zip(faces.inputs, lowered.shapes(), strict=True)
    ]
    module = tf.Module()
    module.run = tf.function(function, input_signature=signature, autograph=False)
    tf.saved_model.save(module, str(path), signatures=module.run.get_concrete_function())
