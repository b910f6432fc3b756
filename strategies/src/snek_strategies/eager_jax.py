"""`eager/jax`: the program as written, on JAX."""

from __future__ import annotations

from snek_strategies.as_written import AsWritten
from snek_strategies.jax_values import JaxStrategy, loaded
from snek_strategies.protocol import Program
from snek_strategies.spellings.jax_spelling import JAX


class EagerJax(JaxStrategy):
    """Run the program with Python and JAX; no staging."""

    name = "eager/jax"
    spelling = JAX

    def stage(self, program: Program, example: tuple[object, ...]) -> AsWritten:  # noqa: ARG002 - the protocol
        """Return the program as it is."""
        loaded(self.device)
        return AsWritten(program)

    def stage_gradient(self, program: Program, example: tuple[object, ...], by: tuple[int, ...]) -> AsWritten:  # noqa: ARG002
        """Return the program under `jax.value_and_grad`, which traces it at every call."""
        return AsWritten(loaded(self.device).value_and_grad(program, argnums=by))
