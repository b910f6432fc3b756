"""Gradients of recursions over trees that Lantern walks back by height: which are, and that they are the gradients."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.backends.lantern import compiler

sys.path.append(str(Path(__file__).parent))
from tables_of_trees import ROOM, drawn  # noqa: E402

pytestmark = [
    pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler"),
    pytest.mark.usefixtures("checked"),
]

RNG = np.random.default_rng(0)
DEPTH, WIDTH = 64, 80
WORDS = RNG.standard_normal((ROOM, DEPTH))
W, V = (RNG.standard_normal((DEPTH, WIDTH)) / 8 for _ in range(2))
BACK = RNG.standard_normal((WIDTH, DEPTH)) / 8
BIAS = RNG.standard_normal(WIDTH)
BY = (4, 5, 6, 7)


def chain(leaves: int) -> tuple[np.ndarray, np.ndarray, np.int64]:
    """Return a tree each of whose inner nodes has a leaf on the right."""
    left, right = np.full((2, ROOM), -1, np.int64)
    for node in range(leaves - 1):
        left[node], right[node] = node + 1, leaves + node
    return left, right, np.int64(0)


def with_shared_subtrees(depth: int) -> tuple[np.ndarray, np.ndarray, np.int64]:
    """Return a tree whose nodes have one and the same child on both sides."""
    left, right = np.full((2, ROOM), -1, np.int64)
    left[:depth] = right[:depth] = np.arange(1, depth + 1)
    return left, right, np.int64(0)


def of_two_children(left, right, node, words, w, v, back, bias):
    def state(node):
        if left[node] < 0:
            return np.tanh(words[node] @ w + bias)
        a, b = state(left[node]), state(right[node])
        return np.tanh((a @ back) @ w + (b @ back) @ v + bias) + a

    return np.sum(state(node) ** 2)


def of_one_or_two_children(left, right, node, words, w, v, back, bias):
    def state(node):
        made, loss = words[node][None] @ w, bias[0] * 0
        if left[node] >= 0:
            below, more = state(left[node])
            made, loss = made + np.tanh(below @ back) @ w, loss + more
        if right[node] >= 0 and node % 3 > 0:
            below, more = state(right[node])
            made, loss = made * (np.tanh(below @ back) @ v), loss + more
        made = np.tanh(made / 2 + bias)
        return made, loss + np.sum(made) * (node % 5)

    made, loss = state(node)
    return loss + np.sum(made)


def with_a_depth(left, right, node, words, w, v, back, bias):
    def below(node, depth):
        x = words[node] * (depth % 3 > 0)
        if left[node] < 0:
            return x @ w + bias
        return below(left[node], depth + 1) - below(right[node], depth + 2) + np.tanh((x @ v) * bias) @ (back @ w)

    return np.sum(np.sin(below(node, node - node)))


def by_transposed_weights(left, right, node, words, w, v, back, bias):
    def state(node):
        if left[node] < 0:
            return np.tanh(words[node] @ back.T + bias)
        return np.tanh(state(left[node]) @ w.T @ w - state(right[node]) @ v.T @ back.T)

    return np.sum(state(node))


PROGRAMS = [of_two_children, of_one_or_two_children, with_a_depth, by_transposed_weights]


def same(mine: Any, theirs: Any) -> None:
    """Compare a value and gradients, to what another order of float64 sums may change."""
    np.testing.assert_allclose(mine[0], theirs[0], rtol=1e-12)
    for one, other in zip(mine[1], theirs[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12 * np.abs(other).max(initial=1))


def is_by_height(staged: Any, args: tuple[Any, ...]) -> bool:
    """Tell whether a program's text walks nodes back by height."""
    return "lantern::Mark marked" in staged.trace(*args).lower().as_text("cpp")


@pytest.mark.parametrize("program", PROGRAMS)
def test_gradients_are_those_of_the_interpreter(program: Callable[..., Any]) -> None:
    staged = snek.value_and_grad(program, BY, backend="lantern")
    meaning = snek.value_and_grad(program, BY)
    trees = [drawn(leaves, leaves) for leaves in (1, 2, 3, 20, 60)] + [chain(50), with_shared_subtrees(6)]
    for tree in trees:
        args = (*tree, WORDS, W, V, BACK, BIAS)
        assert is_by_height(staged, args)
        same(staged(*args), meaning(*args))


@pytest.mark.parametrize("program", PROGRAMS)
def test_gradients_are_slopes(program: Callable[..., Any]) -> None:
    args = [*drawn(7), WORDS, W, V, BACK, BIAS]
    _, slopes = snek.value_and_grad(program, BY, backend="lantern")(*args)
    for at, slope in zip(BY, slopes, strict=True):
        way = RNG.standard_normal(slope.shape)
        ends = [program(*args[:at], args[at] + step * way, *args[at + 1 :]) for step in (1e-5, -1e-5)]
        np.testing.assert_allclose(np.sum(slope * way), (ends[0] - ends[1]) / 2e-5, rtol=1e-5, atol=1e-6)


@dataclass
class Tree:
    x: Any
    left: Any = None
    right: Any = None


def test_a_users_trees_are_walked_back_by_height() -> None:
    def state(tree, w, back):
        made = tree.x
        if tree.left is not None:
            made = made + state(tree.left, w, back) @ back
        if tree.right is not None:
            made = made - state(tree.right, w, back) @ back
        return np.tanh(made @ w)

    def loss(tree, w, back):
        return np.sum(state(tree, w, back))

    def grown(rng: np.random.Generator, count: int) -> Tree:
        if count == 1:
            return Tree(rng.standard_normal(DEPTH))
        first = int(rng.integers(1, count))
        return Tree(rng.standard_normal(DEPTH), grown(rng, first), grown(rng, count - first))

    staged = snek.value_and_grad(loss, (1, 2), backend="lantern")
    leaf = Tree(WORDS[0])
    for tree in (leaf, grown(RNG, 12), Tree(WORDS[1], Tree(WORDS[2], leaf, leaf), leaf)):
        # A tree of one node has no recursion.
        assert is_by_height(staged, (tree, W, BACK)) == (tree is not leaf)
        same(staged(tree, W, BACK), snek.value_and_grad(loss, (1, 2))(tree, W, BACK))
    leaf.left = leaf.right = leaf
    with pytest.raises(RecursionError):
        staged(leaf, W, BACK)


def test_what_raises_is_pythons_and_the_next_gradient_is_right() -> None:
    def looked_up(left, right, word, node, words, w):
        def state(node):
            if left[node] < 0:
                return np.tanh(words[word[node]] @ w)
            return state(left[node]) * state(right[node])

        return np.sum(state(node))

    left, right = np.array([1, 3, -1, -1, -1]), np.array([2, 4, -1, -1, -1])
    staged = snek.value_and_grad(looked_up, (5,), backend="lantern")
    for _ in range(2):
        with pytest.raises(IndexError, match="index 903 "):
            staged(left, right, np.array([0, 0, 902, 903, 904]), np.int64(0), WORDS, W)
        args = (left, right, np.arange(5), np.int64(0), WORDS, W)
        assert is_by_height(staged, args)
        same(staged(*args), snek.value_and_grad(looked_up, (5,))(*args))
    left[1] = 0
    with pytest.raises(RecursionError):
        staged(*args)


def test_of_more_than_fits_nodes_are_walked_back_one_by_one() -> None:
    def counted(depth, x, w):
        def below(depth):
            if depth == 0:
                return np.tanh(np.zeros(20_000) + (x @ w)[0])
            return below(depth - 1) + below(depth - 1)

        return np.sum(below(depth))

    staged = snek.value_and_grad(counted, (2,), backend="lantern")
    x = WORDS[0]
    for depth in (2, 9):
        _, (slope,) = staged(np.int64(depth), x, W)
        wanted = 20_000 * 2.0**depth * (1 - np.tanh(x @ W[:, 0]) ** 2) * x
        np.testing.assert_allclose(slope[:, 0], wanted, rtol=1e-9)


def test_the_slopes_of_slopes_are_right() -> None:
    def squares(left, right, node, words, w, v, back, bias):
        slope = snek.grad(of_two_children, 4)(left, right, node, words, w, v, back, bias)
        return np.sum(slope**2)

    args = (*drawn(4), WORDS, W, V, BACK, BIAS)
    same(snek.value_and_grad(squares, (4, 7), backend="lantern")(*args), snek.value_and_grad(squares, (4, 7))(*args))


def handing_a_float_down(left, right, node, words, w, v, back, bias):
    def state(node, scale):
        if left[node] < 0:
            return np.tanh(words[node] @ w) * scale
        return state(left[node], scale * bias[1]) @ back @ w + state(right[node], scale * bias[0])

    return np.sum(state(node, bias[2]))


def one_child(left, right, node, words, w, v, back, bias):
    def state(node):
        return words[node] @ w if left[node] < 0 else np.tanh(state(left[node]) @ back @ w)

    return np.sum(state(node))


@pytest.mark.parametrize("program", [handing_a_float_down, one_child])
def test_other_gradients_stay_recursions(program: Callable[..., Any]) -> None:
    args = (*drawn(9), WORDS, W, V, BACK, BIAS)
    staged = snek.value_and_grad(program, BY, backend="lantern")
    assert not is_by_height(staged, args)
    same(staged(*args), snek.value_and_grad(program, BY)(*args))


def over_roots(left, right, roots, n, words, w, v, back, bias):
    def state(node):
        if left[node] < 0:
            return np.tanh(words[node] @ w + bias)
        return np.tanh(state(left[node]) @ back @ w - state(right[node]) @ back @ v)

    total = bias[0] * 0
    for k in range(n):
        total = total + np.sum(state(roots[k]) ** 2) * (k + 1)
    return total


def where_the_sum_scales_the_next(left, right, roots, n, words, w, v, back, bias):
    def state(node):
        if left[node] < 0:
            return np.tanh(words[node] @ w + bias)
        return np.tanh(state(left[node]) @ back @ w - state(right[node]) @ back @ v)

    total = bias[0]
    for k in range(n):
        total = np.sin(total * np.sum(state(roots[k])))
    return total


def where_the_sum_tells_the_next(left, right, roots, n, words, w, v, back, bias):
    def state(node):
        if left[node] < 0:
            return np.tanh(words[node] @ w + bias)
        return np.tanh(state(left[node]) @ back @ w - state(right[node]) @ back @ v)

    total = bias[0]
    for k in range(n):
        total = total + np.sum(state(roots[k] if total > 0 else roots[0]))
    return total


def of_losses(left, right, roots, n, words, w, v, back, bias):
    def state(node):
        made, loss = np.tanh(words[node] @ w + bias), bias[0] * 0
        if left[node] >= 0:
            (a, one), (b, other) = state(left[node]), state(right[node])
            made, loss = np.tanh(a @ back @ w - b @ back @ v) * made, one + other
        return made, loss + np.sum(made) ** 2

    total = bias[0]
    for k in range(n - 3, n):
        total = total + state(roots[k])[1] / n
    return total


def two_trees_a_trip(left, right, roots, n, words, w, v, back, bias):
    def state(node):
        if left[node] < 0:
            return words[node] @ w + bias
        return np.tanh(state(left[node]) @ back @ w - state(right[node]) @ back @ v)

    total = bias[0]
    for k in range(n):
        total = total + np.sum(state(roots[k]) * state(roots[7 - k])) * bias[1]
    return total


def slopes_a_trip(left, right, roots, n, words, w, v, back, bias):
    def loss(bias, node):
        def state(node):
            if left[node] < 0:
                return words[node] @ w + bias
            return np.tanh(state(left[node]) @ back @ w - state(right[node]) @ back @ v)

        return np.sum(state(node))

    for k in range(n):
        bias = bias - 0.1 * snek.grad(loss)(bias, roots[k])
    return np.sum(bias)


BY_OF_LOOPS = (5, 6, 7, 8)
LOOPS = {
    over_roots: 1,
    where_the_sum_scales_the_next: 1,
    of_losses: 1,
    two_trees_a_trip: 2,
    where_the_sum_tells_the_next: 0,
}
"""How many trees of each trip are computed together with those of the other trips."""


def roots_of(left: np.ndarray, right: np.ndarray, root: np.int64) -> np.ndarray:
    """Return some of a tree's nodes."""
    return np.array([root, left[root], 3, right[root], 17, 18, root, 20])


@pytest.mark.parametrize("program", LOOPS)
def test_trees_of_a_loop_are_walked_back_together(program: Callable[..., Any]) -> None:
    left, right, root = drawn(30)
    staged = snek.value_and_grad(program, BY_OF_LOOPS, backend="lantern")
    for n in (8, 3, 4) if program is of_losses else (8, 0, 1, 2):
        args = (left, right, roots_of(left, right, root), np.int64(n), WORDS, W, V, BACK, BIAS)
        text = staged.trace(*args).lower().as_text("cpp")
        assert text.count("The trees of all trips at once") == LOOPS[program]
        assert len(re.findall("if \\(waiting[0-9]+ != nullptr\\) state__settle", text)) == max(1, LOOPS[program])
        same(staged(*args), snek.value_and_grad(program, BY_OF_LOOPS)(*args))


def test_what_a_trip_does_with_its_slopes_it_gets_in_that_trip() -> None:
    left, right, root = drawn(30)
    staged = snek.stage(slopes_a_trip, backend="lantern")
    args = (left, right, roots_of(left, right, root), np.int64(8), WORDS, W, V, BACK, BIAS)
    text = staged.trace(*args).lower().as_text("cpp")
    assert "state_2__by_height(context" in text
    assert "The trees of all trips at once" not in text
    np.testing.assert_allclose(staged(*args), snek.stage(slopes_a_trip)(*args), rtol=1e-12)


def test_gradients_of_loops_over_trees_with_bounded_memory_are_right() -> None:
    left, right, root = drawn(30)
    staged = snek.value_and_grad(over_roots, BY_OF_LOOPS, backend="lantern", memory="sqrt")
    for n in (8, 0, 1):
        args = (left, right, roots_of(left, right, root), np.int64(n), WORDS, W, V, BACK, BIAS)
        same(staged(*args), snek.value_and_grad(over_roots, BY_OF_LOOPS)(*args))


def test_a_tree_that_raises_does_so_in_its_own_trip_and_the_next_gradient_is_right() -> None:
    def looked_up(left, right, word, roots, n, words, w):
        def state(node):
            if left[node] < 0:
                return np.tanh(words[word[node]] @ w)
            return state(left[node]) * state(right[node])

        total = w[0, 0]
        for k in range(n):
            total = total + np.sum(state(roots[k]))
        return total

    left, right, root = drawn(30)
    roots, word = roots_of(left, right, root), np.arange(ROOM)
    staged = snek.value_and_grad(looked_up, (6,), backend="lantern")
    for _ in range(2):
        wrong = word.copy()
        wrong[[node for node in range(59) if left[node] < 0]] += 1000
        with pytest.raises(IndexError, match="index 1"):
            staged(left, right, wrong, roots, np.int64(8), WORDS, W)
        args = (left, right, word, roots, np.int64(8), WORDS, W)
        same(staged(*args), snek.value_and_grad(looked_up, (6,))(*args))


def test_trees_of_more_than_fits_are_walked_back_one_by_one() -> None:
    def counted(n, x, w):
        def below(depth):
            if depth == 0:
                return np.tanh(np.zeros(20_000) + (x @ w)[0])
            return below(depth - 1) + below(depth - 1)

        total = w[0, 0] * 0
        for _ in range(n):
            total = total + np.sum(below(n - n + 3))
        return total

    staged = snek.value_and_grad(counted, (2,), backend="lantern")
    x = WORDS[0]
    for n in (2, 40):
        assert "The trees of all trips at once" in staged.trace(np.int64(n), x, W).lower().as_text("cpp")
        _, (slope,) = staged(np.int64(n), x, W)
        wanted = 20_000 * 8.0 * n * (1 - np.tanh(x @ W[:, 0]) ** 2) * x
        np.testing.assert_allclose(slope[:, 0], wanted, rtol=1e-9)


def test_a_users_mini_batch_is_walked_back_together() -> None:
    def state(tree, w, back):
        made = tree.x
        if tree.left is not None:
            made = made + state(tree.left, w, back) @ back
        if tree.right is not None:
            made = made - state(tree.right, w, back) @ back
        return np.tanh(made @ w)

    def loss(trees, wanted, w, back):
        total = 0.0
        for tree, one in zip(trees, wanted, strict=True):
            total = total + np.sum((state(tree, w, back) - one) ** 2)
        return total / len(trees)

    def of_each(trees, wanted, w, back):
        return sum(np.sum(state(tree, w, back)) for tree in trees)

    def grown(rng: np.random.Generator, count: int) -> Tree:
        if count == 1:
            return Tree(rng.standard_normal(DEPTH))
        first = int(rng.integers(1, count))
        return Tree(rng.standard_normal(DEPTH), grown(rng, first), grown(rng, count - first))

    for program in (loss, of_each):
        staged = snek.value_and_grad(program, (2, 3), backend="lantern")
        for _ in range(2):
            trees = [grown(RNG, count) for count in (5, 1, 9, 3)]
            args = (trees, RNG.standard_normal((4, WIDTH)), W, BACK)
            same(staged(*args), snek.value_and_grad(program, (2, 3))(*args))
            text = staged.trace(*args).lower().as_text("cpp")
            assert "The trees of all trips at once" in text
            assert "state__settle(context, *waiting" in text
        assert len(staged.stagings()) == 1
