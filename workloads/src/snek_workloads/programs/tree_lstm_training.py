"""TreeLSTM as it is trained: a softmax classifier at every node of a tree, the loss summed over all of them."""

from __future__ import annotations

import numpy as np
from scipy.special import log_softmax

from snek_workloads.programs import tree_lstm
from snek_workloads.workload import Arguments, Workload

SIZES = tree_lstm.SIZES
CLASSES = 5


def tree_lstm_training(xp, left, right, word, kind, node, words, leaf_w, leaf_b, left_w, right_w, node_b, out_w, out_b):  # type: ignore[no-untyped-def]
    """Return the cross-entropy of the tree at `node`, summed over its nodes, whose classes are `kind`."""
    return subtree(xp, left, right, word, kind, node, words, leaf_w, leaf_b, left_w, right_w, node_b, out_w, out_b)[2]  # type: ignore[no-untyped-call]


def subtree(xp, left, right, word, kind, node, words, leaf_w, leaf_b, left_w, right_w, node_b, out_w, out_b):  # type: ignore[no-untyped-def]
    """Return state (1, hidden), memory and summed loss of the subtree at `node`, a leaf where `left` is negative."""
    n = left_w.shape[0]
    if left[node] < 0:
        z = words[word[node]][None, :] @ leaf_w + leaf_b
        i = 1 / (1 + xp.exp(-z[:, :n]))
        o = 1 / (1 + xp.exp(-z[:, n : 2 * n]))
        c = i * xp.tanh(z[:, 2 * n :])
        below = 0 * out_b[0]
    else:
        hl, cl, ll = subtree(
            xp, left, right, word, kind, left[node], words, leaf_w, leaf_b, left_w, right_w, node_b, out_w, out_b
        )  # type: ignore[no-untyped-call]
        hr, cr, lr = subtree(
            xp, left, right, word, kind, right[node], words, leaf_w, leaf_b, left_w, right_w, node_b, out_w, out_b
        )  # type: ignore[no-untyped-call]
        z = hl @ left_w + hr @ right_w + node_b
        i = 1 / (1 + xp.exp(-z[:, :n]))
        o = 1 / (1 + xp.exp(-z[:, n : 2 * n]))
        fl = 1 / (1 + xp.exp(-z[:, 2 * n : 3 * n]))
        fr = 1 / (1 + xp.exp(-z[:, 3 * n : 4 * n]))
        c = i * xp.tanh(z[:, 4 * n :]) + fl * cl + fr * cr
        below = ll + lr
    h = o * xp.tanh(c)
    scores = h @ out_w + out_b
    return h, c, below + xp.log(xp.sum(xp.exp(scores))) - scores[0, kind[node]]


def arguments(rng: np.random.Generator, size: str) -> Arguments:
    """Draw a tree with a class for each node, word vectors, and weights in Glorot's range."""
    left, right, word, node, *weights = tree_lstm.arguments(rng, size)
    assert isinstance(left, np.ndarray)
    hidden = int(SIZES[size]["hidden"])
    bound = np.sqrt(6 / (hidden + CLASSES))
    return (
        left,
        right,
        word,
        rng.integers(CLASSES, size=len(left)),
        node,
        *weights,
        rng.uniform(-bound, bound, (hidden, CLASSES)).astype(np.float32),
        0.1 * rng.standard_normal(CLASSES, np.float32),
    )


def witness(
    left: np.ndarray, right: np.ndarray, word: np.ndarray, kind: np.ndarray, node: np.int64, *weights: np.ndarray
) -> np.float64:
    """Classify all nodes' states at once, through SciPy's log-softmax."""
    *cell, out_w, out_b = weights
    h, _ = tree_lstm.states(left, right, word, node, *cell)
    nodes = tree_lstm.children_first(left, right, int(node))
    likelihood = log_softmax(np.einsum("nh,hc->nc", h[nodes], out_w) + out_b, axis=1)
    return np.float64(-likelihood[np.arange(len(nodes)), kind[nodes]].sum())


def flops(
    left: np.ndarray, right: np.ndarray, word: np.ndarray, _: np.ndarray, node: np.int64, *weights: np.ndarray
) -> float:
    """Count the TreeLSTM, and for each node the classifier's product and its softmax's steps."""
    *cell, out_w, _ = weights
    nodes = len(tree_lstm.children_first(left, right, int(node)))
    # A class: product, bias, exp and sum; a node: log, difference, and the sum of losses.
    classified = nodes * (2 * out_w.size + 3 * out_w.shape[1] + 4)
    return tree_lstm.flops(left, right, word, node, *cell) + float(classified)


def bytes_moved(
    left: np.ndarray, right: np.ndarray, word: np.ndarray, kind: np.ndarray, node: np.int64, *weights: np.ndarray
) -> float:
    """Count what the TreeLSTM reads, the nodes' classes, the classifier's weights, and the loss written."""
    *cell, out_w, out_b = weights
    nodes = len(tree_lstm.children_first(left, right, int(node)))
    answer = 2 * cell[3].shape[0] * cell[3].itemsize  # the TreeLSTM writes its state, this program none
    read = tree_lstm.bytes_moved(left, right, word, node, *cell) - answer
    return float(read + nodes * kind.itemsize + out_w.nbytes + out_b.nbytes + out_b.itemsize)


WORKLOAD = Workload(
    program=tree_lstm_training,
    arguments=arguments,
    sizes=SIZES,
    witness=witness,
    flops=flops,
    bytes_moved=bytes_moved,
    # The states are right to about 1e-5 (see tree_lstm); a loss sums up to 97 nodes' of about 1.6 each.
    relative_tolerance=1e-4,
    absolute_tolerance=1e-4,
    why="Lantern's TreeLSTM training: recursion that returns a loss from every node",
    objective=tree_lstm_training,
    by=("leaf_w", "leaf_b", "left_w", "right_w", "node_b", "out_w", "out_b"),
    experts={
        "numba": "snek_workloads.experts.tree_lstm_training:with_numba",
        "torch": "snek_workloads.experts.tree_lstm_training:with_torch",
    },
)
