"""What pytest collects here: benchmarks only where they are named on the command line, planted faults never."""

from __future__ import annotations

from pathlib import Path

import pytest

_HERE = Path(__file__).parent


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what is no test; None leaves the decision to others."""
    if _HERE / "tests" / "planted" in (collection_path, *collection_path.parents):
        return True
    benchmarks = _HERE / "benchmarks"
    if benchmarks not in (collection_path, *collection_path.parents):
        return None
    named = [(config.invocation_params.dir / argument.partition("::")[0]).resolve() for argument in config.args]
    return None if any(benchmarks in (path, *path.parents) for path in named) else True
