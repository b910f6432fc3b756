"""Compare linear algebra on one back-end with NumPy's: `python -P run_linear.py jax`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
from linear_cases import compare

if __name__ == "__main__":
    compare(sys.argv[1])
    print('"same"')
