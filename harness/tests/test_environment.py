from __future__ import annotations

import getpass
import json
import platform
import socket
import sys
from pathlib import Path

from snek_harness.environment import capture, doubts, host_hash
from snek_harness.pinning import pinned_environment
from snek_harness.scrub import scrub


def test_the_environment_is_captured_and_json_holds_it():
    facts = json.loads(json.dumps(capture()))
    assert facts["python"]["version"] == platform.python_version()
    assert facts["cpu"]["threads"] >= 1
    assert {"numpy", "msgspec", "snek"} <= set(facts["packages"])
    assert facts["blas"]
    assert len(facts["host"]) == 8


def test_the_environment_tells_no_host_name_no_user_and_no_place_outside_the_repository():
    text = json.dumps(capture())
    assert f'"{socket.gethostname()}"' not in text
    assert str(Path.home()) not in text
    assert sys.prefix not in text
    user = getpass.getuser()
    assert f'"{user}"' not in text
    assert host_hash() not in socket.gethostname()


def test_the_host_hash_is_the_same_each_time():
    assert host_hash() == host_hash()


def test_an_unsteady_clock_and_a_dirty_checkout_are_doubts():
    facts = capture()
    cpu = facts["cpu"]
    assert isinstance(cpu, dict)
    steady = facts | {"cpu": cpu | {"governor": "performance"}, "dirty_files": []}
    unsteady = facts | {"cpu": cpu | {"governor": "powersave"}, "dirty_files": ["a.py"]}
    assert len(doubts(unsteady)) == len(doubts(steady)) + 2
    assert any("powersave" in doubt for doubt in doubts(unsteady))


def test_threads_are_pinned_and_the_cpu_device_sees_no_gpu():
    environment = pinned_environment(1, "cpu", {"XLA_FLAGS": "--xla_dump_to=x", "HOME": "/h"})
    assert environment["OMP_NUM_THREADS"] == environment["OPENBLAS_NUM_THREADS"] == "1"
    assert environment["XLA_FLAGS"].startswith("--xla_dump_to=x --xla_cpu_multi_thread_eigen=false")
    assert environment["CUDA_VISIBLE_DEVICES"] == "-1"
    assert environment["HOME"] == "/h"
    assert "CUDA_VISIBLE_DEVICES" not in pinned_environment(2, "cuda", {})


def test_folders_of_this_machine_are_shortened_in_what_is_recorded():
    package = Path(sys.prefix) / "lib/python/site-packages/x.py"
    assert scrub(f'File "{package}", line 1') == 'File "<env>/lib/python/site-packages/x.py", line 1'
    assert str(Path.home()) not in scrub(f"{Path.home()}/secret")
