"""`snek/tensorflow`: Snek's own staging, run as one TensorFlow graph."""

from __future__ import annotations

from typing import ClassVar

from snek_strategies.snek_strategy import SnekStrategy
from snek_strategies.tensorflow_values import TensorFlowStrategy


class SnekTensorFlow(SnekStrategy, TensorFlowStrategy):
    """Stages a NumPy program as Snek IR, and writes it in TensorFlow's control flow."""

    name: ClassVar[str] = "snek/tensorflow"
    backend: ClassVar[str] = "tensorflow"
