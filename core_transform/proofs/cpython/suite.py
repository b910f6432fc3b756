"""Run the interpreter's own test modules plain, with forced operators and with the inline path, and compare.

`python suite.py [--jobs N] [--out FILE] [--limit SECONDS] [MODULE ...]`: without modules, all of them. A test that ends
otherwise than in the plain run is a difference, unless `exceptions.toml` lists it with its reason. The exit status is 1
where something differs, where more than 1 % of the functions are refused, or where a function has run from which no
operator has fired.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

# The folders are no packages: what is in them is run by path.
from modules import all_modules  # noqa: E402
from outcomes import Journal  # noqa: E402
from side_by_side import MODES, Piece, arguments, prove  # noqa: E402


def main() -> int:
    """Run what the command line names."""
    parser = arguments(__doc__ or "", limit=60.0)
    options = parser.parse_args()
    known = all_modules()
    unknown = [name for name in options.names if name not in known]
    if unknown:
        parser.error(f"unknown test modules: {', '.join(unknown)}; they are listed in modules.py")
    here = [name for name in options.names or known if importlib.util.find_spec(f"test.{name}")]
    pieces = [Piece(name, HERE / "run_tests.py", known[name]) for name in here]
    modes = ("identity",) if options.identity else MODES
    return prove(pieces, options.jobs, options.limit, modes, Journal(options.out))


if __name__ == "__main__":
    sys.exit(main())
