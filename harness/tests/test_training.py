"""Steps of training: every system that is measured makes them rightly, and one that does not is no result."""

from __future__ import annotations

import numpy as np
import pytest

from snek_harness import training
from snek_harness.catalogue import load_workload
from snek_harness.suites import SUITES, lantern_plan
from snek_harness.training import RIVALS, SNEK, Trainer, check, measure_training, trained, trainer
from snek_strategies.backends.registry import known

pytestmark = pytest.mark.skipif(known("lantern").missing() is not None, reason="Lantern cannot run here")
WORKLOAD = load_workload(training.WORKLOAD)
SETS = [WORKLOAD.arguments(np.random.default_rng(seed), "tiny") for seed in range(3)]


def snek() -> Trainer:
    made = trainer(SNEK, WORKLOAD, SETS)
    assert made is not None
    return made


def test_every_system_has_trained_rightly_before_it_has_times() -> None:
    found = measure_training("tiny", rounds=2, trees=3)
    assert list(found) == [SNEK, *RIVALS]
    for seconds in found.values():
        assert len(seconds) == 2
        assert all(0 < one < 1 for one in seconds)


def test_training_brings_the_loss_down() -> None:
    made = snek()
    losses = [float(made.step(tree)) for tree in (0, 1, 2, 0, 1, 2, 0)]  # type: ignore[arg-type]
    assert losses[3] < losses[0]
    assert losses[6] < losses[3]


@pytest.mark.parametrize(("name", "value"), [("RATE", 0.0505), ("BEGUN", 0.11)])
def test_a_rate_or_a_sum_of_squares_that_is_off_is_caught(
    name: str, value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = trained(WORKLOAD, SETS)
    check("right", snek(), expected, len(SETS))
    monkeypatch.setattr(f"snek_workloads.experts.adagrad.{name}", value)
    monkeypatch.setattr(training, name, value, raising=False)
    with pytest.raises(ArithmeticError, match="training by 'off' is wrong"):
        check("off", snek(), expected, len(SETS))


def test_training_is_measured_where_its_workload_is_planned() -> None:
    beside = SUITES["lantern"].beside
    assert "training" in beside(lantern_plan(["tree_lstm_training"], ["snek/lantern"], "tiny"))
    assert "training" not in beside(lantern_plan(["lstm"], ["snek/lantern"], "tiny"))
