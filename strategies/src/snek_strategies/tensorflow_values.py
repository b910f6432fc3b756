"""TensorFlow values: from and to NumPy, waiting for the device, threads."""

from __future__ import annotations

from abc import ABC
from functools import cache
from typing import Any, ClassVar

from snek_strategies.numpy_values import to_host
from snek_strategies.protocol import Strategy
from snek_strategies.static_arguments import is_static


class TensorFlowStrategy(Strategy, ABC):
    """What all strategies on TensorFlow share: values and devices."""

    framework = "tensorflow"
    imports: ClassVar[tuple[str, ...]] = ("tensorflow",)
    devices = ("cpu", "cuda")

    def missing(self) -> str | None:
        """Say why this strategy cannot run here, or None where it can; asks TensorFlow where the device is CUDA."""
        reason = super().missing()
        if reason is None and self.device == "cuda":
            import tensorflow as tf

            if not tf.config.list_physical_devices("GPU"):
                return f"tensorflow {tf.__version__} finds no CUDA device; install: pip install 'tensorflow[and-cuda]'"
        return reason

    def pin_threads(self, count: int) -> None:
        """Let TensorFlow compute with `count` threads, inside operations and between them."""
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(count)
        tf.config.threading.set_inter_op_parallelism_threads(count)

    def from_host(self, value: object) -> object:
        """Copy a NumPy array or scalar into a tensor of the same dtype on the device; Python scalars stay."""
        if is_static(value):
            return value
        tf = loaded(self.device)
        with tf.device("/GPU:0" if self.device == "cuda" else "/CPU:0"):
            return tf.constant(value)

    def to_host(self, value: object) -> object:
        """Return a result with every tensor as a NumPy array; Python scalars stay."""
        return to_host(value)

    def wait(self, value: object) -> None:  # noqa: ARG002 - the protocol
        """Return once the device has finished; on the CPU every operation has, when it returns."""
        if self.device == "cuda":
            import tensorflow as tf

            tf.test.experimental.sync_devices()


@cache
def loaded(device: str) -> Any:
    """Return the module, with `device` the only one that programs see."""
    import tensorflow as tf

    if device == "cpu":
        tf.config.set_visible_devices([], "GPU")  # else TensorFlow moves operations to a GPU, where there is one
    else:  # else a GPU rounds what it multiplies to 10 bits, where the other systems keep float32's 23
        tf.config.experimental.enable_tensor_float_32_execution(False)
    return tf
