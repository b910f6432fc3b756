"""How scripts that run on one back-end begin."""

from __future__ import annotations

import importlib
import os
import warnings

from snek_strategies.backends.registry import BACKENDS


def strictly(backend: str) -> None:
    """Verify programs at every border, and make warnings errors, but those of the back-end's modules on import."""
    os.environ["SNEK_CHECK"] = "1"
    for module in BACKENDS[backend].imports:
        importlib.import_module(module)  # whose own warnings are not ours
    warnings.simplefilter("error")
