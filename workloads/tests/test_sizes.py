"""What is drawn and counted is what the papers' workloads are."""

import numpy as np
import pytest

from snek_workloads import registry
from snek_workloads.argument_sets import argument_sets
from snek_workloads.programs.lstm import flops
from snek_workloads.programs.tree_lstm import SIZES, draw_tree


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


def test_the_papers_parameters_are_at_medium():
    lstm, tree, classifier = (registry.load(name).sizes["medium"] for name in ("lstm", "tree_lstm", "classifier"))
    assert lstm == {"time": 64, "batch": 32, "features": 256, "hidden": 256}
    assert (tree["embedding"], tree["hidden"], tree["nodes"]) == (300, 150, 97)
    assert (classifier["steps"], classifier["batch"]) == (1000, 200)
