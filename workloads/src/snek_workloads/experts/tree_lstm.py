"""TreeLSTM by hand: nodes of one height at once, a product a height where recursion makes one a node."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np


def by_height() -> SimpleNamespace:
    """Return compiled functions: a tree's nodes sorted by `heights`, and the `states` of a tree's nodes.

    The states come with what a backward walk needs: gates and the memories' tanh, by node.
    """
    import numba

    one = np.float32(1)

    @numba.njit
    def heights(left, right, root):  # type: ignore[no-untyped-def]
        """Sort nodes by height, leaves first, and say where each height begins."""
        stack, order = np.empty(left.size, np.int64), np.empty(left.size, np.int64)
        height, most = np.zeros(left.size, np.int64), 0
        stack[0], size, found = root, 1, 0
        while size:
            size -= 1
            node = stack[size]
            order[found] = node
            found += 1
            if left[node] >= 0:
                stack[size], stack[size + 1] = left[node], right[node]
                size += 2
        for at in range(found - 1, -1, -1):  # parents stand before their children
            node = order[at]
            if left[node] >= 0:
                height[node] = 1 + max(height[left[node]], height[right[node]])
                most = max(most, height[node])
        begins = np.zeros(most + 2, np.int64)
        for node in order[:found]:
            begins[height[node] + 1] += 1
        begins = np.cumsum(begins)
        free, ranked = begins.copy(), np.empty(found, np.int64)
        for node in order[:found]:
            ranked[free[height[node]]] = node
            free[height[node]] += 1
        return ranked, begins

    @numba.njit
    def gate(z):  # type: ignore[no-untyped-def]
        return one / (one + np.exp(-z))

    @numba.njit
    def rows(table, places):  # type: ignore[no-untyped-def]
        found = np.empty((places.size, table.shape[1]), table.dtype)
        for k in range(places.size):
            found[k] = table[places[k]]
        return found

    @numba.njit
    def states(left, right, word, ranked, begins, words, leaf_w, leaf_b, left_w, right_w, node_b):  # type: ignore[no-untyped-def]
        n = left_w.shape[0]
        h, c, tanh_c = np.empty((3, left.size, n), np.float32)
        gates = np.empty((left.size, 5 * n), np.float32)
        leaves = ranked[: begins[1]]
        z = np.dot(rows(words, word[leaves]), leaf_w)
        for k in range(leaves.size):
            node = leaves[k]
            for j in range(n):
                i = gates[node, j] = gate(z[k, j] + leaf_b[j])
                o = gates[node, n + j] = gate(z[k, n + j] + leaf_b[n + j])
                u = gates[node, 4 * n + j] = np.tanh(z[k, 2 * n + j] + leaf_b[2 * n + j])
                c[node, j] = i * u
                tanh_c[node, j] = np.tanh(c[node, j])
                h[node, j] = o * tanh_c[node, j]
        for height in range(1, begins.size - 1):
            nodes = ranked[begins[height] : begins[height + 1]]
            z = np.dot(rows(h, left[nodes]), left_w)
            z += np.dot(rows(h, right[nodes]), right_w)
            for k in range(nodes.size):
                node = nodes[k]
                for j in range(n):
                    for part in range(4):
                        gates[node, part * n + j] = gate(z[k, part * n + j] + node_b[part * n + j])
                    u = gates[node, 4 * n + j] = np.tanh(z[k, 4 * n + j] + node_b[4 * n + j])
                    below = gates[node, 2 * n + j] * c[left[node], j] + gates[node, 3 * n + j] * c[right[node], j]
                    c[node, j] = gates[node, j] * u + below
                    tanh_c[node, j] = np.tanh(c[node, j])
                    h[node, j] = gates[node, n + j] * tanh_c[node, j]
        return h, c, gates, tanh_c

    return SimpleNamespace(heights=heights, states=states, rows=rows)


def with_numba(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """Products of BLAS, and loops over the hidden units between them."""
    import numba

    made = by_height()
    heights, states = made.heights, made.states

    @numba.njit
    def tree_lstm(left, right, word, node, words, leaf_w, leaf_b, left_w, right_w, node_b):  # type: ignore[no-untyped-def]
        ranked, begins = heights(left, right, node)
        h, c, _, _ = states(left, right, word, ranked, begins, words, leaf_w, leaf_b, left_w, right_w, node_b)
        return h[node : node + 1].copy(), c[node : node + 1].copy()

    return tree_lstm  # type: ignore[no-any-return]


def with_torch(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """A loop in Python over the heights."""
    import torch

    @torch.inference_mode()
    def tree_lstm(left, right, word, node, *weights):  # type: ignore[no-untyped-def]
        _, h, c = torch_states(left, right, word, node, *weights)
        return h[-1:], c[-1:]

    return tree_lstm  # type: ignore[no-any-return]


def torch_states(left: Any, right: Any, word: Any, node: Any, *weights: Any) -> tuple[list[int], Any, Any]:
    """Return a tree's nodes sorted by height, the root last, and their states and memories in that order."""
    import torch

    words, leaf_w, leaf_b, left_w, right_w, node_b = weights
    levels = levels_of(left.tolist(), right.tolist(), int(node))
    order = [node for level in levels for node in level]
    place = {node: at for at, node in enumerate(order)}
    i, o, u = torch.addmm(leaf_b, words[word[torch.tensor(levels[0])]], leaf_w).chunk(3, dim=1)
    c = torch.sigmoid(i) * torch.tanh(u)
    h = torch.sigmoid(o) * torch.tanh(c)
    both = torch.cat([left_w, right_w])
    for nodes in levels[1:]:
        a, b = (torch.tensor([place[side] for side in children[nodes].tolist()]) for children in (left, right))
        z = torch.addmm(node_b, torch.cat([h[a], h[b]], dim=1), both)
        i, o, fl, fr, u = z.chunk(5, dim=1)
        after = torch.sigmoid(i) * torch.tanh(u) + torch.sigmoid(fl) * c[a] + torch.sigmoid(fr) * c[b]
        h, c = torch.cat([h, torch.sigmoid(o) * torch.tanh(after)]), torch.cat([c, after])
    return order, h, c


def levels_of(left: list[int], right: list[int], root: int) -> list[list[int]]:
    """Return a tree's nodes by height."""
    stack, order = [root], []
    while stack:
        order.append(node := stack.pop())
        if left[node] >= 0:
            stack += [left[node], right[node]]
    height: dict[int, int] = {}
    levels: list[list[int]] = []
    for node in reversed(order):
        height[node] = 1 + max(height[left[node]], height[right[node]]) if left[node] >= 0 else 0
        levels += [[]] * (height[node] + 1 - len(levels))
        levels[height[node]] = [*levels[height[node]], node]
    return levels
