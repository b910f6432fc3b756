"""`snek/jax`: Snek's own staging, run by XLA through JAX."""

from __future__ import annotations

from typing import ClassVar

from snek_strategies.jax_values import JaxStrategy, loaded
from snek_strategies.protocol import Program
from snek_strategies.snek_strategy import SnekStrategy, StagedOnBackend


class SnekJax(SnekStrategy, JaxStrategy):
    """Stages a NumPy program as Snek IR, writes it in JAX's control flow, and compiles that."""

    name: ClassVar[str] = "snek/jax"
    backend: ClassVar[str] = "jax"

    def stage(self, program: Program, example: tuple[object, ...]) -> StagedOnBackend:
        """Stage for arguments like `example`. Raises StagingError where the program cannot be staged."""
        loaded(self.device)
        return super().stage(program, example)

    def stage_gradient(self, program: Program, example: tuple[object, ...], by: tuple[int, ...]) -> StagedOnBackend:
        """Stage value and gradients in one program. Raises StagingError where they cannot be had."""
        loaded(self.device)
        return super().stage_gradient(program, example, by)
