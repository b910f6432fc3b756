from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BLOCK = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "tensorflow", "jax", "numba", "snek_strategies", "snek_workloads"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
"""


def test_a_report_is_written_where_no_framework_is_installed(whole_run: Path, tmp_path: Path) -> None:
    for name in ("manifest.json", "records.jsonl"):
        (tmp_path / name).write_bytes((whole_run / name).read_bytes())
    code = f"""{BLOCK}
from pathlib import Path
from snek_reports.report import write_report
print(write_report(Path({str(tmp_path)!r})).page)
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report/index.html").is_file()


def test_the_block_of_that_test_blocks() -> None:
    done = subprocess.run([sys.executable, "-c", f"{BLOCK}import torch"], capture_output=True, text=True, check=False)
    assert "No module named 'torch'" in done.stderr
