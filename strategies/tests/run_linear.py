"""Compare linear algebra on one back-end with NumPy's: `python -P run_linear.py jax`."""

from __future__ import annotations

import importlib
import json
import os
import sys
import warnings
from pathlib import Path

from snek_strategies.backends.registry import BACKENDS, known

sys.path.append(str(Path(__file__).parent))
from linear_cases import compare, differentiates, raises, verifies


def main(backend: str) -> None:
    """Run all comparisons; what differs raises."""
    os.environ["SNEK_CHECK"] = "1"
    for module in BACKENDS[backend].imports:
        importlib.import_module(module)  # whose own warnings are not ours
    warnings.simplefilter("error")
    if backend == "tensorflow-xla":  # whose compiler takes long
        compare(backend, ("float32", "complex128"))
    else:
        compare(backend)
    raises(backend)
    differentiates(backend)
    if "eigh" not in known(backend).load().lacks:
        verifies(backend)
    print(json.dumps("same"))


if __name__ == "__main__":
    main(*sys.argv[1:])
