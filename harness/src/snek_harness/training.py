"""What a step of training takes: TreeLSTM with Adagrad, one tree a step, by Snek as one program and by its rivals."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from snek_core_transform.bind import bind
from snek_harness.bound import bound_program, stage
from snek_harness.catalogue import load_strategy, load_workload
from snek_harness.checker import Tolerance, compare
from snek_harness.gradients import gradient_oracle
from snek_harness.pinning import pinned_environment
from snek_strategies.backends.registry import known
from snek_strategies.spellings.numpy_spelling import NUMPY
from snek_workloads.experts.adagrad import BEGUN, EXPERTS, Weights, adagrad
from snek_workloads.workload import Arguments, Workload

WORKLOAD = "tree_lstm_training"
TREES = 8
ROUNDS = 15
"""A round is a step on each tree by each system, one system after the other, every other round the other way round."""
SNEK = "lantern"
RIVALS = ("eager/torch", "expert/torch", "expert/numba")
"""The systems that differentiate a recursion over data, or whose expert does, each with what it has for Adagrad."""
AGREEMENT = Tolerance(relative=1e-4, absolute=5e-5)
"""Float32 slopes are right to about 1e-4 of the largest, and a step moves a weight by at most 0.05."""


@dataclass(frozen=True)
class Trainer:
    """A system at work: a step on the tree of that number, and the weights as they are now."""

    step: Callable[[int], object]
    weights: Callable[[], Weights]


def measure_training_apart(threads: int) -> dict[str, list[float]]:
    """Return what `measure_training` finds in a process of its own."""
    code = "import json; from snek_harness.training import measure_training; print(json.dumps(measure_training()))"
    done = subprocess.run(  # noqa: S603 - this interpreter, our own text
        [sys.executable, "-P", "-c", code],
        env=pinned_environment(threads, "cpu"), capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure_training(
    size: str = "paper", rounds: int = ROUNDS, systems: Sequence[str] = (SNEK, *RIVALS), trees: int = TREES
) -> dict[str, list[float]]:
    """Return the seconds of a step, one a round, by system; of those that can run here.

    Every system has made the steps of the first round rightly. Raises ArithmeticError where one has not.
    """
    workload = load_workload(WORKLOAD)
    sets = [workload.arguments(np.random.default_rng(seed), size) for seed in range(trees)]
    trainers = {name: made for name in systems if (made := trainer(name, workload, sets)) is not None}
    expected = trained(workload, sets)
    for name, one in trainers.items():
        check(name, one, expected, trees)
    taken: dict[str, list[float]] = {name: [] for name in trainers}
    for number in range(rounds):
        for name in trainers if number % 2 == 0 else reversed(trainers):
            begin = time.perf_counter()
            for tree in range(trees):
                trainers[name].step(tree)
            taken[name].append((time.perf_counter() - begin) / trees)
    return taken


def check(name: str, one: Trainer, expected: Weights, trees: int) -> None:
    """Make a step on each tree. Raises ArithmeticError where the weights are not the expected ones after it."""
    for tree in range(trees):
        one.step(tree)
    difference = compare(one.weights(), expected, AGREEMENT).difference
    if difference:
        raise ArithmeticError(f"training by {name!r} is wrong: {difference}")


def trained(workload: Workload, sets: Sequence[Arguments]) -> Weights:
    """Return the weights after a step on each tree, computed in float64 by the oracle's slopes."""
    split = workload.positions[0]
    weights: Weights = tuple(np.asarray(one, np.float64) for one in sets[0][split:])
    squares = tuple(np.full(one.shape, BEGUN) for one in weights)
    for given in sets:
        answer: Any = gradient_oracle(workload, (*given[:split], *weights))
        weights, squares = adagrad(weights, squares, answer[1])
    return tuple([one.astype(np.float32) for one in weights])


def trainer(name: str, workload: Workload, sets: Sequence[Arguments]) -> Trainer | None:
    """Return a system that begins with the weights of the first set; None where it cannot run here."""
    if name == SNEK:
        return None if known(SNEK).missing() else on_lantern(workload, sets)
    strategy = load_strategy(name)
    if strategy.missing():
        return None
    split = workload.positions[0]
    trees = [tuple(map(strategy.from_host, given[:split])) for given in sets]
    weights = [strategy.from_host(np.array(one)) for one in sets[0][split:]]
    program = bound_program(workload, strategy, "gradient")
    run: Any = stage(workload, strategy, "gradient", program, sets[0]).compile()
    update = EXPERTS[strategy.framework](weights)

    def step(tree: int) -> object:
        loss, slopes = run(*trees[tree], *weights)
        update(slopes)
        return loss

    return Trainer(step, lambda: tuple(map(strategy.to_host, weights)))


def on_lantern(workload: Workload, sets: Sequence[Arguments]) -> Trainer:
    """Return Snek's: loss, slopes and the step of Adagrad are one staged program."""
    snek_stage = importlib.import_module("snek_strategies.stage").stage
    value_and_grad = importlib.import_module("snek_strategies.differentiate").value_and_grad
    by, split = workload.positions, workload.positions[0]
    assert workload.objective is not None, workload.name
    value_and_slopes = value_and_grad(bind(workload.objective, NUMPY), by)

    def training_step(tree: Weights, weights: Weights, squares: Weights) -> object:
        loss, slopes = value_and_slopes(*tree, *weights)
        return loss, *adagrad(weights, squares, slopes)

    staged = snek_stage(training_step, backend=SNEK)
    state: list[Any] = [sets[0][split:], tuple(np.full_like(one, BEGUN) for one in sets[0][split:])]

    def step(tree: int) -> object:
        loss, state[0], state[1] = staged(sets[tree][:split], *state)
        return loss

    return Trainer(step, lambda: state[0])
