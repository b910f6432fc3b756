"""TreeLSTM training by hand: heights at once, forward and backward, and each weight's gradient as one product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from snek_workloads.experts.tree_lstm import by_height, torch_states


def with_numba(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """Products of BLAS, loops over the hidden units between them; the backward walk is written by hand."""
    import numba

    if by and by != tuple(range(6, 13)):
        raise ValueError(f"gradients by {by!r}: the backward walk is written for all weights but the words' vectors")
    made = by_height()
    heights, states, rows = made.heights, made.states, made.rows
    one = np.float32(1)

    @numba.njit
    def classified(h, kind, ranked, out_w, out_b):  # type: ignore[no-untyped-def]
        """Return the states, the loss, and its slopes by the scores."""
        states = rows(h, ranked)
        scores, loss = np.dot(states, out_w) + out_b, np.float32(0)
        for k in range(ranked.size):
            right = kind[ranked[k]]
            loss -= scores[k, right]
            likelihood = np.exp(scores[k])
            total = np.sum(likelihood)
            loss += np.log(total)
            scores[k] = likelihood / total
            scores[k, right] -= one
        return states, loss, scores

    @numba.njit
    def forward(left, right, word, kind, node, words, leaf_w, leaf_b, left_w, right_w, node_b, out_w, out_b):  # type: ignore[no-untyped-def]
        ranked, begins = heights(left, right, node)
        h, _, _, _ = states(left, right, word, ranked, begins, words, leaf_w, leaf_b, left_w, right_w, node_b)
        return classified(h, kind, ranked, out_w, out_b)[1]

    @numba.njit
    def by_input(node, j, n, gates, tanh_c, dh, dc, dz):  # type: ignore[no-untyped-def]
        """Carry the slope of one hidden unit to its input and output gates, and to its memory."""
        i, o, u = gates[node, j], gates[node, n + j], gates[node, 4 * n + j]
        by_state = dh[node, j]
        by_memory = dc[node, j] + by_state * o * (one - tanh_c[node, j] ** 2)
        dz[node, j] = by_memory * u * i * (one - i)
        dz[node, n + j] = by_state * tanh_c[node, j] * o * (one - o)
        dz[node, 4 * n + j] = by_memory * i * (one - u * u)
        return by_memory

    @numba.njit
    def gradients(left, right, word, kind, node, words, leaf_w, leaf_b, left_w, right_w, node_b, out_w, out_b):  # type: ignore[no-untyped-def]
        n = left_w.shape[0]
        ranked, begins = heights(left, right, node)
        h, c, gates, tanh_c = states(left, right, word, ranked, begins, words, leaf_w, leaf_b, left_w, right_w, node_b)
        kept, loss, slopes = classified(h, kind, ranked, out_w, out_b)
        by_out_w, by_out_b = np.dot(kept.T, slopes), np.sum(slopes, axis=0)
        reached = np.dot(slopes, out_w.T)
        dh, dc = np.zeros((2, left.size, n), np.float32)
        dz = np.empty((left.size, 5 * n), np.float32)
        for k in range(ranked.size):
            dh[ranked[k]] = reached[k]
        for height in range(begins.size - 2, 0, -1):
            nodes = ranked[begins[height] : begins[height + 1]]
            for node in nodes:
                a, b = left[node], right[node]
                for j in range(n):
                    by_memory = by_input(node, j, n, gates, tanh_c, dh, dc, dz)
                    fl, fr = gates[node, 2 * n + j], gates[node, 3 * n + j]
                    dz[node, 2 * n + j] = by_memory * c[a, j] * fl * (one - fl)
                    dz[node, 3 * n + j] = by_memory * c[b, j] * fr * (one - fr)
                    dc[a, j] = by_memory * fl
                    dc[b, j] = by_memory * fr
            slopes = rows(dz, nodes)
            to_left, to_right = np.dot(slopes, left_w.T), np.dot(slopes, right_w.T)
            for k in range(nodes.size):
                dh[left[nodes[k]]] += to_left[k]
                dh[right[nodes[k]]] += to_right[k]
        leaves, inner = ranked[: begins[1]], ranked[begins[1] :]
        for leaf in leaves:
            for j in range(n):
                by_input(leaf, j, n, gates, tanh_c, dh, dc, dz)
        of_leaves = np.empty((leaves.size, 3 * n), np.float32)
        for k in range(leaves.size):
            of_leaves[k, : 2 * n] = dz[leaves[k], : 2 * n]
            of_leaves[k, 2 * n :] = dz[leaves[k], 4 * n :]
        of_inner = rows(dz, inner)
        return loss, (
            np.dot(rows(words, word[leaves]).T, of_leaves),
            np.sum(of_leaves, axis=0),
            np.dot(rows(h, left[inner]).T, of_inner),
            np.dot(rows(h, right[inner]).T, of_inner),
            np.sum(of_inner, axis=0),
            by_out_w,
            by_out_b,
        )

    return gradients if by else forward  # type: ignore[no-any-return]


def with_torch(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """A loop in Python over the heights, and PyTorch's own backward."""
    import torch
    from torch.nn.functional import cross_entropy

    def loss_of(left, right, word, kind, node, *weights):  # type: ignore[no-untyped-def]
        *cell, out_w, out_b = weights
        order, h, _ = torch_states(left, right, word, node, *cell)
        return cross_entropy(torch.addmm(out_b, h, out_w), kind[order], reduction="sum")

    def forward(*args):  # type: ignore[no-untyped-def]
        with torch.inference_mode():
            return loss_of(*args)  # type: ignore[no-untyped-call]

    def gradients(*args):  # type: ignore[no-untyped-def]
        given = list(args)
        for place in by:
            given[place] = args[place].detach().requires_grad_()
        loss = loss_of(*given)  # type: ignore[no-untyped-call]
        return loss.detach(), torch.autograd.grad(loss, [given[place] for place in by])

    return gradients if by else forward
