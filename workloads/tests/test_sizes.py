"""What is drawn and counted is what the papers' workloads are."""

import numpy as np
import pytest

from snek_workloads import registry
from snek_workloads.argument_sets import argument_sets
from snek_workloads.programs.lstm import flops
from snek_workloads.programs.tree_lstm import SIZES, draw_tree
from snek_workloads.workload import SIZES as SIZES_OF_ALL


def test_drawn_trees_have_the_treebanks_statistics():
    rng = np.random.default_rng(0)
    s = SIZES["medium"]
    sizes, depths = [], []
    for _ in range(2000):
        left, right, word, root = draw_tree(rng, s["nodes"], s["words"], s["vocabulary"])
        depth, level, count = 0, [int(root)], 0
        while level:
            count += len(level)
            assert all((left[k] < 0) == (right[k] < 0) == (word[k] >= 0) for k in level)
            level = [int(child) for k in level if left[k] >= 0 for child in (left[k], right[k])]
            depth += 1
        sizes.append(count)
        depths.append(depth)
    assert np.mean(sizes) == pytest.approx(37.6, rel=0.03)
    assert np.std(sizes) == pytest.approx(18.6, rel=0.1)
    assert max(sizes) <= 97
    assert max(depths) < 40


def test_the_lstms_count_is_that_of_a_loop_that_counts():
    for x, lengths, wx, wh, b, h, c in argument_sets(registry.load("lstm"), "tiny", seed=0):
        counted = 0
        for length in lengths:
            for _ in range(length):
                for weights in (wx, wh):
                    for _column in range(weights.shape[1]):
                        counted += 2 * weights.shape[0]  # a product and a sum a term
                counted += 2 * b.shape[0]  # the two products' sum, and the bias
                for _unit in range(h.shape[1]):
                    counted += 3 * len(["negate", "exp", "add", "divide"])
                    counted += len(["tanh g", "tanh c", "f * c", "i * g", "sum", "o * tanh c"])
        assert flops(x, lengths, wx, wh, b, h, c) == counted


PAPER = {
    "beam_search": {"beam": 5, "hidden": 256},
    "classifier": {"steps": 1000, "batch": 200},
    "dynamic_rnn": {"features": 50, "hidden": 256},
    "lbfgs": {"images": 100, "side": 28, "hidden": 100, "steps": 20},
    "lstm": {"time": 20, "batch": 20, "hidden": 50},
    "maml": {"meta_steps": 1, "tasks": 25, "examples": 10, "hidden": 40, "rate": 1e-3},
    "tree_lstm": {"embedding": 300, "hidden": 150, "nodes": 97},
    "tree_lstm_training": {"embedding": 300, "hidden": 150, "nodes": 97},
}


def test_the_papers_parameters_are_at_paper():
    sizes = {name: registry.load(name).sizes.get("paper") for name in registry.names()}
    assert {name for name, size in sizes.items() if size} == set(PAPER)
    for name, parameters in PAPER.items():
        assert parameters.items() <= sizes[name].items(), name


def test_every_setting_of_autographs_tables_is_a_size():
    rnn, beam = (
        [size for size in registry.load(name).sizes if size.startswith("paper_")]
        for name in ("dynamic_rnn", "beam_search")
    )
    assert len(rnn) == 2 * 3
    assert len(beam) == 4 * 4
    maml = registry.load("maml").sizes
    assert {maml[size]["meta_steps"] for size in maml if size.startswith("paper")} == {1, 10}


@pytest.mark.parametrize("name", registry.names())
def test_the_sizes_beside_the_usual_ones_can_be_drawn(name):
    workload = registry.load(name)
    grid = {size for size in workload.sizes if size.startswith("paper_")}  # as `paper` is, some ten times as large
    for size in set(workload.sizes) - set(SIZES_OF_ALL) - grid:
        drawn = workload.arguments(np.random.default_rng(0), size)
        assert workload.flops(*drawn) > 0
        assert workload.bytes_moved(*drawn) > 0
