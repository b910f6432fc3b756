"""TreeLSTM by recursion over a binary tree held in arrays, so that a new tree is new data of the same shape."""

from __future__ import annotations

import math

import numpy as np

from snek_workloads.workload import Arguments, Workload

SIZES: dict[str, dict[str, int | float]] = {
    "tiny": {"nodes": 15, "words": 4, "vocabulary": 10, "embedding": 4, "hidden": 3},
    "small": {"nodes": 97, "words": 19.3, "vocabulary": 1000, "embedding": 64, "hidden": 64},
    "medium": {"nodes": 97, "words": 19.3, "vocabulary": 10_000, "embedding": 300, "hidden": 150},
    "paper": {"nodes": 97, "words": 19.3, "vocabulary": 10_000, "embedding": 300, "hidden": 150},
}
"""`nodes` is the longest tree, to which the arrays are padded; `words` is the mean number of leaves.

The Stanford treebank's development trees have 37.6 nodes in the mean and at most 97: 19.3 leaves and at most 49.
"""


def tree_lstm(xp, left, right, word, node, embeddings, leaf_w, leaf_b, left_w, right_w, node_b):  # type: ignore[no-untyped-def]
    """Return the state (1, hidden) and the memory of the subtree at `node`, a leaf where its `left` is negative."""
    n = left_w.shape[0]
    if left[node] < 0:
        x = embeddings[word[node]][None, :]
        z = x @ leaf_w + leaf_b
        i = 1 / (1 + xp.exp(-z[:, :n]))
        o = 1 / (1 + xp.exp(-z[:, n : 2 * n]))
        c = i * xp.tanh(z[:, 2 * n :])
    else:
        hl, cl = tree_lstm(xp, left, right, word, left[node], embeddings, leaf_w, leaf_b, left_w, right_w, node_b)  # type: ignore[no-untyped-call]
        hr, cr = tree_lstm(xp, left, right, word, right[node], embeddings, leaf_w, leaf_b, left_w, right_w, node_b)  # type: ignore[no-untyped-call]
        z = hl @ left_w + hr @ right_w + node_b
        i = 1 / (1 + xp.exp(-z[:, :n]))
        o = 1 / (1 + xp.exp(-z[:, n : 2 * n]))
        fl = 1 / (1 + xp.exp(-z[:, 2 * n : 3 * n]))
        fr = 1 / (1 + xp.exp(-z[:, 3 * n : 4 * n]))
        c = i * xp.tanh(z[:, 4 * n :]) + fl * cl + fr * cr
    return o * xp.tanh(c), c


def draw_tree(
    rng: np.random.Generator, nodes: int, words: float, vocabulary: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.int64]:
    """Draw a binary tree whose leaves are about gamma-distributed in number, as sentences' lengths are, and its root.

    Neighbours are joined at random until one tree is left, and the nodes are numbered in a random order.
    """
    most = (nodes + 1) // 2
    # Shape 4 gives the treebank's spread: lengths of 19.3 words in the mean deviate by 9.3.
    leaves = int(np.clip(round(rng.gamma(4, words / 4)), 1, most))
    left, right, word = (np.full(nodes, -1, np.int64) for _ in range(3))
    number = rng.permutation(2 * leaves - 1)
    forest = number[:leaves].tolist()
    word[forest] = rng.integers(vocabulary, size=leaves)
    for parent in number[leaves:].tolist():
        k = int(rng.integers(len(forest) - 1))
        left[parent], right[parent] = forest[k : k + 2]
        forest[k : k + 2] = [parent]
    return left, right, word, np.int64(forest[0])


def arguments(rng: np.random.Generator, size: str) -> Arguments:
    """Draw a tree, word vectors, and weights in Glorot's range."""
    s = SIZES[size]
    vocabulary, embedding, hidden = (int(s[name]) for name in ("vocabulary", "embedding", "hidden"))
    tree = draw_tree(rng, int(s["nodes"]), s["words"], vocabulary)

    def glorot(rows: int, columns: int) -> np.ndarray:
        bound = math.sqrt(6 / (rows + hidden))
        return rng.uniform(-bound, bound, (rows, columns)).astype(np.float32)

    return (
        *tree,
        rng.standard_normal((vocabulary, embedding), np.float32),
        glorot(embedding, 3 * hidden),
        0.1 * rng.standard_normal(3 * hidden, np.float32),
        glorot(hidden, 5 * hidden),
        glorot(hidden, 5 * hidden),
        0.1 * rng.standard_normal(5 * hidden, np.float32),
    )


def witness(
    left: np.ndarray, right: np.ndarray, word: np.ndarray, node: np.int64, *weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Evaluate bottom-up, without recursion."""
    h, c = states(left, right, word, node, *weights)
    return h[node][None, :], c[node][None, :]


def states(
    left: np.ndarray, right: np.ndarray, word: np.ndarray, node: np.int64, *weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """List the nodes with an explicit stack, and fill tables (nodes, hidden) of states and memories, children first."""
    embeddings, leaf_w, leaf_b, left_w, right_w, node_b = (np.asarray(w, np.float64) for w in weights)
    hidden = len(left_w)
    h, c = np.zeros((2, len(left), hidden))
    for k in children_first(left, right, int(node)):
        if left[k] < 0:
            i, o, u = np.split(leaf_w.T @ embeddings[word[k]] + leaf_b, 3)
            c[k] = _logistic(i) * np.tanh(u)
        else:
            a, b = left[k], right[k]
            i, o, fl, fr, u = np.split(left_w.T @ h[a] + right_w.T @ h[b] + node_b, 5)
            c[k] = _logistic(i) * np.tanh(u) + _logistic(fl) * c[a] + _logistic(fr) * c[b]
        h[k] = _logistic(o) * np.tanh(c[k])
    return h, c


def _logistic(z: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * z))


def children_first(left: np.ndarray, right: np.ndarray, root: int) -> list[int]:
    """List the nodes below `root`, itself last, every node after its children."""
    stack, order = [root], []
    while stack:
        k = stack.pop()
        order.append(k)
        if left[k] >= 0:
            stack += [int(left[k]), int(right[k])]
    return order[::-1]


def flops(left: np.ndarray, right: np.ndarray, _: np.ndarray, node: np.int64, *weights: np.ndarray) -> float:
    """Count the products and the elementwise steps of the leaves and of the inner nodes."""
    embedding, hidden = weights[0].shape[1], weights[3].shape[0]
    inner = (len(children_first(left, right, int(node))) - 1) // 2
    # A hidden unit of a leaf: 3 biases, 2 logistic gates of 4 steps, 2 tanh, 2 products. Of an inner node: 5 sums and
    # 5 biases, 4 gates, 2 tanh, 4 products, 2 sums.
    leaf = 2 * embedding * 3 * hidden + (3 + 2 * 4 + 2 + 2) * hidden
    return float((inner + 1) * leaf + inner * (4 * hidden * 5 * hidden + (10 + 4 * 4 + 2 + 4 + 2) * hidden))


def bytes_moved(left: np.ndarray, right: np.ndarray, word: np.ndarray, node: np.int64, *weights: np.ndarray) -> float:
    """Count the tree's own entries, its words' vectors, the weights, and the answer written."""
    embeddings, *cells = weights
    nodes = children_first(left, right, int(node))
    words = np.unique(word[[k for k in nodes if left[k] < 0]])
    tree = len(nodes) * (left.itemsize + right.itemsize) + (len(nodes) + 1) // 2 * word.itemsize
    answer = 2 * cells[2].shape[0] * cells[2].itemsize
    return float(tree + len(words) * embeddings[0].nbytes + sum(w.nbytes for w in cells) + answer)


WORKLOAD = Workload(
    program=tree_lstm,
    arguments=arguments,
    sizes=SIZES,
    witness=witness,
    flops=flops,
    bytes_moved=bytes_moved,
    # A product sums up to 300 float32 terms (relative error about 1e-6); a memory sums over the paths below it, each
    # damped by its forget gates, and at most some 25 levels deep.
    relative_tolerance=1e-4,
    absolute_tolerance=2e-5,
    why="recursion whose shape is data: Lantern's and AutoGraph's TreeLSTM",
    experts={
        "numba": "snek_workloads.experts.tree_lstm:with_numba",
        "torch": "snek_workloads.experts.tree_lstm:with_torch",
    },
)
