"""JAX values: 64-bit numbers kept, from and to NumPy, waiting for the device, threads."""

from __future__ import annotations

import os
from abc import ABC
from functools import cache
from typing import Any, ClassVar

from snek_strategies.numpy_values import to_host
from snek_strategies.protocol import Strategy
from snek_strategies.static_arguments import is_static


class JaxStrategy(Strategy, ABC):
    """What all strategies on JAX share: values and devices."""

    framework = "jax"
    imports: ClassVar[tuple[str, ...]] = ("jax",)
    devices = ("cpu", "cuda")

    def missing(self) -> str | None:
        """Say why this strategy cannot run here, or None where it can; asks JAX where the device is CUDA."""
        reason = super().missing()
        if reason is None and self.device == "cuda":
            import jax

            try:
                jax.devices("cuda")
            except RuntimeError as error:
                return (
                    f"jax {jax.__version__} finds no CUDA device: {error}; install it with: pip install 'jax[cuda12]'"
                )
        return reason

    def pin_threads(self, count: int) -> None:
        """Let XLA compute with `count` threads."""
        # The one switch that XLA's CPU client reads for the size of its pools, when the first operation starts it.
        os.environ["NPROC"] = str(count)

    def from_host(self, value: object) -> object:
        """Copy a NumPy array or scalar into an array of the same dtype on the device; Python scalars stay."""
        return value if is_static(value) else loaded(self.device).numpy.asarray(value)

    def to_host(self, value: object) -> object:
        """Return a result with every array as a NumPy array; Python scalars stay."""
        return to_host(value)

    def wait(self, value: object) -> None:
        """Return once `value` is computed: JAX answers before it is, on the CPU too."""
        import jax

        jax.block_until_ready(value)


@cache
def loaded(device: str) -> Any:
    """Return the module, set up: 64-bit dtypes are kept, and `device` is the one that programs run on."""
    import jax
    import jax.numpy  # an attribute of the module only once it was imported

    jax.config.update("jax_enable_x64", True)
    if device == "cpu":
        jax.config.update("jax_platforms", "cpu")  # else JAX takes a GPU, where there is one, and most of its memory
    else:  # else a GPU rounds what it multiplies to 10 bits, where the other systems keep float32's 23
        jax.config.update("jax_default_matmul_precision", "highest")
    return jax
