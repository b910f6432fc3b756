from __future__ import annotations

import re
from pathlib import Path

import pytest

from snek_core_transform.errors import UsageError
from snek_harness import run_folder
from snek_harness.run_folder import create_run, open_run, runs_folder


def test_a_new_run_is_named_by_time_host_and_commit(tmp_path: Path):
    folder = create_run(tmp_path)
    assert folder.path.parent == tmp_path
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{8}-\w+", folder.name)
    assert folder.journal.read_bytes() == b""


def test_two_runs_of_one_second_have_their_own_folders(tmp_path: Path):
    folders = {create_run(tmp_path).path for _ in range(4)}
    assert len(folders) == 4


def test_a_results_folder_that_cannot_be_written_is_refused(tmp_path: Path):
    file = tmp_path / "file"
    file.write_text("not a folder")
    with pytest.raises(UsageError, match="results folder cannot be written") as refused:
        create_run(file / "results")
    assert "--results DIR" in str(refused.value)


def test_a_read_only_results_folder_is_refused():
    # /proc takes no files, not even from root.
    if not Path("/proc/self").exists():
        pytest.skip("no /proc on this system")
    with pytest.raises(UsageError, match="cannot be written"):
        create_run(Path("/proc/self/results"))


def test_an_unknown_run_is_refused_and_the_latest_are_listed(tmp_path: Path):
    folder = create_run(tmp_path)
    (folder.path / "manifest.json").write_text("{}")
    with pytest.raises(UsageError, match="unknown run 'nonesuch'") as refused:
        open_run("nonesuch", tmp_path)
    assert folder.name in str(refused.value)


def test_a_run_is_found_by_its_name_and_by_its_path(tmp_path: Path):
    folder = create_run(tmp_path)
    (folder.path / "manifest.json").write_text("{}")
    assert open_run(folder.name, tmp_path).path == folder.path
    assert open_run(str(folder.path)).path == folder.path


def test_a_manifest_that_cannot_be_read_is_refused(tmp_path: Path):
    folder = create_run(tmp_path)
    (folder.path / "manifest.json").write_text('{"schema": 1}')
    with pytest.raises(UsageError, match="manifest cannot be read"):
        folder.read_manifest()


def test_outside_a_checkout_runs_go_to_the_users_data_folder(monkeypatch: pytest.MonkeyPatch):
    assert runs_folder().parts[-2:] == ("results", "runs")
    monkeypatch.setattr(run_folder, "find_checkout", lambda: None)
    assert runs_folder().parts[-2:] == ("snek", "runs")
