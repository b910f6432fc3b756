"""Compare linear algebra on one back-end with NumPy's: `python -P run_linear.py jax`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from snek_strategies.backends.registry import known

sys.path.append(str(Path(__file__).parent))
from linear_cases import compare, differentiates, raises, verifies
from strict_backend import strictly


def main(backend: str) -> None:
    """Run all comparisons; what differs raises."""
    strictly(backend)
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
