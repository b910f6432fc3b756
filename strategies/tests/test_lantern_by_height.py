"""Recursions over trees that Lantern computes by height, and trees of a loop that it computes together.

Which are, and that they answer, print and raise as Python does."""

from __future__ import annotations

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
WORDS = RNG.standard_normal((ROOM, DEPTH)).astype(np.float32)
W, V = (RNG.standard_normal((DEPTH, WIDTH)).astype(np.float32) / 8 for _ in range(2))
BACK = RNG.standard_normal((WIDTH, DEPTH)).astype(np.float32) / 8


def of_two_children(left, right, node, words, w, v, back):
    if left[node] < 0:
        return np.tanh(words[node] @ w)
    a = of_two_children(left, right, left[node], words, w, v, back)
    b = of_two_children(left, right, right[node], words, w, v, back)
    return np.tanh((a @ back) @ w + (b @ back) @ v) + a


def of_one_or_two_children(left, right, node, words, w, v, back):
    made, count = words[node][None] @ w, 1
    if left[node] >= 0:
        below, more = of_one_or_two_children(left, right, left[node], words, w, v, back)
        made, count = made + np.tanh(below @ back) @ w, count + more
    if right[node] >= 0 and node % 3 > 0:
        below, more = of_one_or_two_children(left, right, right[node], words, w, v, back)
        made, count = made * (np.tanh(below @ back) @ v), count + more
    return made / 2, count


def with_a_depth(left, right, node, words, w, v, back):
    def below(node, depth):
        x = words[node] * (depth % 3 > 0)
        if left[node] < 0:
            return x @ w
        return below(left[node], depth + 1) - below(right[node], depth + 2) + np.tanh(x @ v)

    return below(node, node - node)


def same(mine: Any, theirs: Any) -> None:
    """Compare results: numbers and arrays, alone or in a tuple."""
    for one, other in zip(*(x if isinstance(x, tuple) else (x,) for x in (mine, theirs)), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=2e-5)


PROGRAMS = [of_two_children, of_one_or_two_children, with_a_depth]


@pytest.mark.parametrize("program", PROGRAMS)
def test_trees_answer_as_in_python(program: Callable[..., Any]) -> None:
    staged = snek.stage(program, backend="lantern")
    for leaves in (1, 2, 3, 7, 20, 100):
        args = (*drawn(leaves, leaves), WORDS, W, V, BACK)
        assert "lantern::product_of_all<float, 80, 64>" in staged.trace(*args).lower().as_text("cpp")
        same(staged(*args), program(*args))
    assert len(staged.stagings()) == 1


def test_a_node_has_the_bits_that_it_has_alone() -> None:
    def first_leaf(left, right, node, words, w, v):
        if left[node] < 0:
            return np.tanh(words[node] @ w)
        a = first_leaf(left, right, left[node], words, w, v)
        b = first_leaf(left, right, right[node], words, w, v)
        return a + 0 * b

    staged = snek.stage(first_leaf, backend="lantern")
    for leaves in (2, 3, 4, 5, 6, 11, 60):
        left, right, root = drawn(leaves, leaves)
        node = root
        while left[node] >= 0:
            node = left[node]
        np.testing.assert_array_equal(
            staged(left, right, root, WORDS, W, V), staged(left, right, np.int64(node), WORDS, W, V)
        )


@dataclass
class Tree:
    x: Any
    left: Any = None
    right: Any = None

    def state(self, w, back):
        made = self.x
        if self.left is not None:
            made = made + self.left.state(w, back) @ back
        if self.right is not None:
            made = made - self.right.state(w, back) @ back
        return np.tanh(made @ w)


def test_a_users_trees_are_computed_by_height() -> None:
    def grown(rng: np.random.Generator, count: int) -> Tree:
        if count == 1:
            return Tree(rng.standard_normal(DEPTH).astype(np.float32))
        first = int(rng.integers(count))
        sides = [grown(rng, one) if one else None for one in (first, count - 1 - first)]
        return Tree(rng.standard_normal(DEPTH).astype(np.float32), *sides)

    def state(tree, w, back):
        return tree.state(w, back)

    staged = snek.stage(state, backend="lantern")
    for count in (9, 16, 12):
        tree = grown(np.random.default_rng(count), count)
        assert "product_of_all" in staged.trace(tree, W, BACK).lower().as_text("cpp")
        same(staged(tree, W, BACK), state(tree, W, BACK))


def test_the_exception_is_the_first_in_pythons_order() -> None:
    def looked_up(left, right, word, node, words, w):
        if left[node] < 0:
            return words[word[node]] @ w
        a = looked_up(left, right, word, left[node], words, w)
        b = looked_up(left, right, word, right[node], words, w)
        return a + b

    left, right = np.array([1, 3, -1, -1, -1]), np.array([2, 4, -1, -1, -1])
    staged = snek.stage(looked_up, backend="lantern")
    with pytest.raises(IndexError, match="index 903 "):  # the root's right child, found first, would raise 902
        staged(left, right, np.array([0, 0, 902, 903, 904]), np.int64(0), WORDS, W)
    np.testing.assert_allclose(
        staged(left, right, np.arange(5), np.int64(0), WORDS, W), WORDS[2:5].sum(0) @ W, rtol=2e-4, atol=2e-5
    )


def test_a_tree_without_end_is_a_recursion_error() -> None:
    left = right = np.full(ROOM, -1)
    left, right = left.copy(), right.copy()
    left[0], right[0] = 0, 1
    staged = snek.stage(of_two_children, backend="lantern")
    for _ in range(2):
        with pytest.raises(RecursionError):
            staged(left, right, np.int64(0), WORDS, W, V, BACK)
    right[0] = 0  # twice as many nodes at every depth: no memory holds those of a thousand
    with pytest.raises(RecursionError):
        staged(left, right, np.int64(0), WORDS, W, V, BACK)


def test_of_more_than_fits_nodes_are_computed_one_by_one() -> None:
    def counted(depth, x, w):
        def below(depth):
            if depth == 0:
                return np.zeros(20_000) + (x @ w)[0]
            return below(depth - 1) + below(depth - 1)

        return below(depth)

    x, w = WORDS[0].astype(np.float64), W.astype(np.float64)
    made = snek.stage(counted, backend="lantern")(np.int64(9), x, w)
    np.testing.assert_allclose(made, 512 * (x @ w)[0], rtol=1e-10)


def one_child(left, node, words, w, back):
    if left[node] < 0:
        return words[node] @ w
    return np.tanh(one_child(left, left[node], words, w, back) @ back @ w)


def one_after_the_other(left, node, words, w, back):
    if left[node] < 0:
        return words[node] @ w, node
    a, at = one_after_the_other(left, left[node], words, w, back)
    b, at = one_after_the_other(left, at, words, w, back)
    return a + b, at


def that_prints(left, node, words, w, back):
    print(node)
    if left[node] < 0:
        return words[node] @ w
    return that_prints(left, left[node], words, w, back) + that_prints(left, left[node], words, w, back)


def without_products(left, node, words, w, back):
    if left[node] < 0:
        return words[node]
    return without_products(left, left[node], words, w, back) + without_products(left, left[node], words, w, back)


def by_what_a_child_gives(left, node, words, w, back):
    if left[node] < 0:
        return words[node] @ w
    a = by_what_a_child_gives(left, left[node], words, w, back)
    return a + by_what_a_child_gives(left, left[node], words, w, back) if a[0] > 0 else a


@pytest.mark.parametrize(
    "program", [one_child, one_after_the_other, that_prints, without_products, by_what_a_child_gives]
)
def test_other_recursions_stay_recursions(program: Callable[..., Any], capfd: pytest.CaptureFixture[str]) -> None:
    left = np.array([1, 2, 3, -1])
    args = (left, np.int64(0), WORDS, W, BACK)
    staged = snek.stage(program, backend="lantern")
    assert "product_of_all" not in staged.trace(*args).lower().as_text("cpp")
    wanted = program(*args)
    printed = capfd.readouterr().out
    mine = staged(*args)
    assert capfd.readouterr().out == printed
    same(mine, wanted)


def leaf_or_sum(left, right, word, node, words, w):
    if left[node] < 0:
        return words[word[node]] @ w
    a = leaf_or_sum(left, right, word, left[node], words, w)
    return np.tanh(a - leaf_or_sum(left, right, word, right[node], words, w) / 2)


def over_roots(left, right, word, roots, n, words, w):
    total = np.zeros(WIDTH, np.float32)
    for k in range(n):
        total = total + leaf_or_sum(left, right, word, roots[k], words, w)
    return total


def told_one_by_one(left, right, word, roots, n, words, w):
    total = np.zeros(WIDTH, np.float32)
    for k in range(1, n):
        print("tree", k)
        total = total * 2 + leaf_or_sum(left, right, word, roots[k] + word[0] * 0, words, w)
    return total


def up_to_a_float(left, right, word, roots, n, words, w):
    total, k = np.zeros(WIDTH, np.float32), n - n
    while k < n - 0.5:
        total = total + leaf_or_sum(left, right, word, roots[k], words, w)
        k = k + 1
    return total


def where_the_sum_tells_the_next(left, right, word, roots, n, words, w):
    total = np.zeros(WIDTH, np.float32)
    for k in range(n):
        total = total + leaf_or_sum(left, right, word, roots[k] if total[0] > 0 else roots[0], words, w)
    return total


def forest() -> tuple[np.ndarray, ...]:
    """Return the tables of a tree of 100 leaves, the words of its nodes, and some of its nodes as roots."""
    left, right, root = drawn(100)
    return left, right, np.arange(ROOM), np.array([root, left[root], 3, right[root], 17, 18, root, 20])


LOOPS = {over_roots: True, told_one_by_one: True, up_to_a_float: False, where_the_sum_tells_the_next: False}


@pytest.mark.parametrize("program", LOOPS)
def test_the_trees_of_a_loop_are_computed_together(
    program: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    left, right, word, roots = forest()
    staged = snek.stage(program, backend="lantern")
    for n in (8, 0, 1, 2, 5):
        args = (left, right, word, roots, np.int64(n), WORDS, W)
        assert ("The trees of all trips at once" in staged.trace(*args).lower().as_text("cpp")) == LOOPS[program]
        wanted, printed = program(*args), capfd.readouterr().out
        same(staged(*args), wanted)
        assert capfd.readouterr().out == printed


@pytest.mark.parametrize("program", LOOPS)
def test_a_tree_of_a_loop_raises_in_its_own_trip(
    program: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    left, right, word, roots = forest()
    word[17] = 999
    left[17] = -1
    staged = snek.stage(program, backend="lantern")
    args = (left, right, word, np.where(np.arange(8) == 4, 17, 3), np.int64(8), WORDS, W)
    told = []
    for one in (program, staged):
        try:
            told.append(one(*args).shape)
        except IndexError as error:
            told.append(str(error))
        told.append(capfd.readouterr().out)
    assert told[:2] == told[2:]


def test_trees_of_a_loop_that_begins_elsewhere_are_computed_together() -> None:
    def from_one_root_to_another(left, right, word, roots, first, n, words, w):
        total = np.zeros(WIDTH, np.float32)
        for k in range(first, n):
            total = total * 2 + leaf_or_sum(left, right, word, roots[k], words, w)
        return total

    staged = snek.stage(from_one_root_to_another, backend="lantern")
    for first, n in ((0, 8), (3, 6), (2, 2), (5, 1)):
        args = (*forest(), np.int64(first), np.int64(n), WORDS, W)
        assert "The trees of all trips at once" in staged.trace(*args).lower().as_text("cpp")
        same(staged(*args), from_one_root_to_another(*args))
