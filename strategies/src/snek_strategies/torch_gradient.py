"""Gradients by PyTorch's tape around whatever a strategy has made of a program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import CodeType

from snek_strategies.protocol import Program, Staged


class TorchGradient(Staged):
    """A captured program, differentiated by `torch.autograd` at every call."""

    def __init__(self, staged: Staged, by: tuple[int, ...]) -> None:
        self.staged = staged
        self.by = by

    def compile(self) -> Callable[..., object]:
        """Return the callable that runs the captured program forward and then its tape backward."""
        return value_and_gradients(self.staged.compile(), self.by)

    def dump(self) -> Mapping[str, str]:
        """Return what was captured."""
        return self.staged.dump()

    def counters(self) -> Mapping[str, int]:
        """Return the counters of the captured program."""
        return self.staged.counters()

    def is_glue(self, code: CodeType) -> bool:
        """Tell whether `code` is entry code of the captured program."""
        return self.staged.is_glue(code)


def value_and_gradients(run: Program, by: tuple[int, ...]) -> Callable[..., object]:
    """Return a function that answers what `run` gives, and the gradients by the tensors at positions `by`."""
    import torch

    def both(*args: object) -> object:
        given = list(args)
        leaves = []
        for at in by:
            # A leaf of its own over the same memory: the caller's tensor stays as it is.
            given[at] = leaf = args[at].detach().requires_grad_()  # type: ignore[attr-defined]
            leaves.append(leaf)
        value = run(*given)
        found = torch.autograd.grad(value, leaves, materialize_grads=True)
        return value.detach(), found  # type: ignore[attr-defined]

    return both
