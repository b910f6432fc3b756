"""Every strategy in the registry: right or rejected as documented, with honest evidence, values and threads kept."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from snek_core_transform.errors import UsageError
from snek_strategies.registry import STRATEGIES, load

TESTS = Path(__file__).parent
sys.path.append(str(TESTS))
from own_process import said_by  # noqa: E402
from strategy_programs import DEPENDS_ON_DATA, documented, documented_gradient, tried, tried_gradients  # noqa: E402

NAMES = sorted(STRATEGIES)
FRAMEWORKS = {name: load(name).framework for name in NAMES}
EAGER = [name for name in NAMES if name.startswith("eager/")]
STAGED = [name for name in NAMES if name not in EAGER]
FIXED = {"trace/torch", "torchscript/torch"}
"""Strategies whose artefact never changes: they run other dtypes without staging again."""


def answers(name: str) -> dict[str, Any]:
    reason = load(name).missing()
    if reason:
        pytest.skip(reason)
    # All strategies of a framework run in one process.
    answer: dict[str, Any] = said_by("run_strategies.py", FRAMEWORKS[name], timeout=300)[name]
    assert "crash" not in answer, answer["crash"]
    return answer


@pytest.mark.parametrize(("name", "program"), [(name, program) for name in NAMES for program in tried(name)])
def test_strategy_does_with_a_program_what_is_documented(name: str, program: str) -> None:
    answer = answers(name)[program]
    assert answer["outcome"] == documented(name, program), answer.get("error", answer)


@pytest.mark.parametrize("name", EAGER)
def test_program_as_written_is_seen_to_run_in_python(name: str) -> None:
    assert all(answers(name)[program]["frames"] > 0 for program in tried(name))


@pytest.mark.parametrize("name", STAGED)
def test_evidence_says_captured_where_a_program_was_captured(name: str) -> None:
    for program in tried(name):
        answer = answers(name)[program]
        if answer["outcome"] == "rejected" or (name == "dynamo/compile" and program in DEPENDS_ON_DATA):
            continue
        assert (answer["frames"], answer["last"]["graphs"], answer["last"]["breaks"]) == (0, 1, 0), (program, answer)
        assert answer["first"] == answer["last"], program


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_right_or_rejected_as_documented(name: str) -> None:
    for program in tried_gradients(name):
        answer = answers(name)["gradients"][program]
        assert answer["outcome"] == documented_gradient(name, program), (program, answer)
        if answer["outcome"] == "right" and name not in EAGER:
            assert (answer["frames"], answer["counters"]["graphs"], answer["dumped"]) == (0, 1, True), (program, answer)


@pytest.mark.parametrize("name", ["eager/numpy", "numba/njit"])
def test_strategy_without_gradients_says_so(name: str) -> None:
    error = answers(name)["gradients"]["energy"]["error"]
    assert error == f"StagingError: {name} has no gradients: nothing in its framework differentiates a program"


def test_evidence_says_split_where_dynamo_went_back_to_python() -> None:
    answer = answers("dynamo/compile")["sign"]
    assert answer["frames"] > 0
    assert answer["last"]["graphs"] > 1
    assert answer["last"]["breaks"] > 0


@pytest.mark.parametrize("name", STAGED)
def test_another_dtype_is_right_and_counted_where_the_system_stages_again(name: str) -> None:
    answer = answers(name)["straight"]
    grown = answer["other dtype"]["counters"]["stagings"] - answer["last"]["stagings"]
    assert answer["other dtype"]["right"]
    assert grown == (0 if name in FIXED else 1)


@pytest.mark.parametrize("name", STAGED)
def test_what_was_captured_can_be_read(name: str) -> None:
    dump = answers(name)["straight"]["dump"]
    assert any("tanh" in text.lower() or "compiled_fn" in text for text in dump.values()), dump


@pytest.mark.parametrize("name", NAMES)
def test_values_keep_dtype_and_shape_on_the_way_there_and_back(name: str) -> None:
    assert answers(name)["round trips"] == []


@pytest.mark.parametrize("name", NAMES)
def test_one_thread_is_one_thread(name: str) -> None:
    assert answers(name)["threads"] == 1


def test_warnings_of_a_trace_are_kept_with_it() -> None:
    assert "Converting a tensor to a Python boolean" in answers("trace/torch")["sign"]["dump"]["warnings"]
    assert answers("trace/torch")["straight"]["dump"]["warnings"] == ""


def test_trace_refuses_static_values_that_it_was_not_made_for() -> None:
    assert answers("trace/torch")["own"].startswith("StagingError: static arguments [4]")


@pytest.mark.parametrize("name", ["torchscript/torch", "trace/jax"])
def test_other_static_values_are_computed_anew(name: str) -> None:
    assert answers(name)["own"] == [1.0, 16.0, 81.0]


def test_autograph_raises_where_it_would_run_a_function_as_it_is() -> None:
    unreadable, skipped = answers("autograph/tensorflow")["own"]
    assert unreadable.startswith("InaccessibleSourceCodeError")
    assert skipped.startswith("StagingError: AutoGraph leaves code of file '<string>' as it is")


def test_numba_that_compiles_nothing_is_refused_and_the_program_is_no_glue() -> None:
    glue, refusal = answers("numba/njit")["own"]
    assert glue is False
    assert refusal.startswith("StagingError: Numba compiles nothing")


def test_dynamo_entry_code_is_glue_and_the_program_under_python_is_not() -> None:
    captured, eager = answers("dynamo/compile")["own"]
    assert (captured, eager) == (0, 1)


def test_unknown_strategy_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"unknown strategy 'trace/numpy'; one of eager/numpy, "):
        load("trace/numpy")


@pytest.mark.parametrize("name", NAMES)
def test_device_that_a_strategy_does_not_have_is_missing(name: str) -> None:
    reason = load(name, "tpu").missing()
    assert reason is not None
    assert reason.startswith(f"{name} does not run on device 'tpu'")


LISTING = """
import json, sys
absent = sys.argv[1:]
for module in absent:
    sys.modules[module] = None
from snek_strategies.registry import STRATEGIES, load
reasons = {name: load(name).missing() for name in STRATEGIES}
frameworks = [m for m in ("torch", "tensorflow", "jax", "numba") if sys.modules.get(m)]
print(json.dumps([reasons, frameworks]))
"""


def listing(*absent: str) -> tuple[dict[str, str | None], list[str]]:
    done = subprocess.run([sys.executable, "-P", "-c", LISTING, *absent], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    reasons, frameworks = json.loads(done.stdout)
    return reasons, frameworks


def test_listing_what_is_missing_imports_no_framework() -> None:
    assert listing()[1] == []


def test_what_captures_with_dynamo_has_it_imported_before_a_program_is_staged() -> None:
    assert [name for name in NAMES if "torch._dynamo" in load(name).imports] == ["dynamo/compile", "snek/torch"]


@pytest.mark.parametrize("framework", ["torch", "tensorflow", "jax", "numba"])
def test_strategy_says_what_to_install_where_its_framework_is_absent(framework: str) -> None:
    reasons, _ = listing(framework)
    for name, reason in reasons.items():
        if framework in load(name).imports:
            expected = f"module {framework!r} is not installed; install it with: pip install 'snek[{framework}]'"
            assert reason == expected, name
        else:
            assert reason is None or framework not in reason, name
