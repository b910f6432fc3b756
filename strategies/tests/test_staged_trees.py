"""A tree of the user's class is data: one staging runs over trees of any shape, and means what Python means."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.backends.lantern import compiler
from snek_strategies.staging.packed_trees import packed

sys.path.append(str(Path(__file__).parent))
from construct_rows import tree_sum  # noqa: E402

f64 = np.float64


pytestmark = pytest.mark.usefixtures("checked")


@dataclass
class Tree:
    value: Any
    left: Any = None
    right: Any = None
    op: str = "add"

    def total(self):
        t = self.value
        if self.left is not None:
            t = t + self.left.total()
        if self.right is not None:
            t = t + self.right.total()
        return t


def drawn(seed: int, count: int, value: Callable[[Any], Any] = lambda rng: f64(rng.normal())) -> Tree:
    """Return a tree of so many nodes that has grown at random."""
    rng = np.random.default_rng(seed)
    root = Tree(value(rng))
    for _ in range(count - 1):
        at = root
        while (inner := getattr(at, side := ("left", "right")[rng.integers(2)])) is not None:
            at = inner
        setattr(at, side, Tree(value(rng)))
    return root


def depth(tree):
    if tree.left is None and tree.right is None:
        return 1
    left = 0 if tree.left is None else depth(tree.left)
    right = 0 if tree.right is None else depth(tree.right)
    return 1 + max(left, right)


def by_a_method(tree):
    return tree.total()


def down_the_left(tree):
    count = 0
    while tree.left is not None:
        tree = tree.left
        count += 1
    return tree.value, count


def down_the_right(tree):
    node, total = tree, 0.0
    while node:
        total = total + node.value
        node = node.right
    return total


def its_class(tree):
    return isinstance(tree.left, Tree), isinstance(tree, Tree), type(tree) is Tree, tree.op


def the_same_node(tree):
    again = tree if tree.value > 0 else tree
    return again is tree, tree is None


TREES = [drawn(seed, count) for seed, count in enumerate((3, 5, 9, 9, 16, 12, 2))]
PROGRAMS = [tree_sum, depth, by_a_method, down_the_left, down_the_right, its_class, the_same_node]


@pytest.mark.parametrize("program", PROGRAMS)
def test_one_staging_runs_over_all_shapes(program: Callable[..., object]) -> None:
    staged = snek.stage(program)
    for tree in TREES:
        assert repr(staged(tree)) == repr(program(tree))
    assert len(staged.stagings()) == 1


@pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler")
@pytest.mark.parametrize("program", PROGRAMS)
def test_lantern_compiles_once_for_all_shapes(program: Callable[..., object]) -> None:
    staged = snek.stage(program, backend="lantern")
    for tree in TREES:
        np.testing.assert_equal(staged(tree), program(tree))
    assert len(staged.stagings()) == 1


def test_room_for_nodes_doubles() -> None:
    staged = snek.stage(tree_sum)
    for count in range(1, 70, 3):
        tree = drawn(count, count + 1)
        np.testing.assert_allclose(staged(tree), tree_sum(tree), rtol=1e-14)
    assert [one.arguments.split()[-2] for one in staged.stagings()] == ["16", "32", "64", "128"]


def test_arrays_that_some_nodes_have_not_are_none_there() -> None:
    def leaves(tree):
        if tree.value is not None:
            return tree.value
        return leaves(tree.left) * 2 + leaves(tree.right)

    left = Tree(None, Tree(np.ones(3)), Tree(np.arange(3.0)))
    staged = snek.stage(leaves)
    for tree in (Tree(None, left, Tree(np.ones(3) * 5)), Tree(None, left, left), left):
        np.testing.assert_array_equal(staged(tree), leaves(tree))
    assert len(staged.stagings()) == 1


def test_reading_a_child_of_none_raises_what_python_raises() -> None:
    def program(tree):
        return tree.left.left.value

    staged = snek.stage(program)
    chain = Tree(f64(1), Tree(f64(2), Tree(f64(3))))
    assert staged(chain) == 3.0
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'value'"):
        staged(Tree(f64(1), Tree(f64(2), None, Tree(f64(4)))))
    assert len(staged.stagings()) == 1


def test_a_static_field_is_keyed_by_its_value() -> None:
    staged = snek.stage(its_class)
    other = copy.deepcopy(TREES[0])
    for node in (other, *(one for one in (other.left, other.right) if one is not None)):
        for inner in (node, node.left, node.right):
            if inner is not None:
                inner.op = "mul"
    assert staged(TREES[0])[-1] == "add"
    assert staged(other)[-1] == "mul"
    assert len(staged.stagings()) == 2


def changes(tree):
    tree.value = tree.value + 1
    return tree.value


def gives(tree):
    return tree.left, tree.right


def asks_for_more(tree):
    return tree.value * len(vars(tree))


@pytest.mark.parametrize("program", [changes, gives, asks_for_more])
def test_what_is_no_data_to_the_program_is_staged_by_shape(program: Callable[..., object]) -> None:
    staged = snek.stage(program)
    for tree in TREES[:3]:
        mine, theirs = copy.deepcopy(tree), copy.deepcopy(tree)
        assert repr(staged(mine)) == repr(program(theirs))
        assert repr(mine) == repr(theirs)
    assert len(staged.stagings()) == 3


def test_values_of_several_kinds_are_staged_by_shape() -> None:
    mixed = Tree(f64(1), Tree(np.float32(2)), Tree(f64(3)))
    assert snek.stage(tree_sum)(mixed) == tree_sum(mixed)


def test_two_trees_are_two_arguments() -> None:
    def alike(a, b):
        if a is None or b is None:
            return a is None and b is None
        return a.value == b.value and alike(a.left, b.left) and alike(a.right, b.right)

    staged = snek.stage(alike)
    for one, other in ((TREES[0], TREES[0]), (TREES[2], TREES[3]), (TREES[4], copy.deepcopy(TREES[4]))):
        assert bool(staged(one, other)) == bool(alike(one, other))
    assert len(staged.stagings()) == 1


def recursive_network(tree, w):
    if tree.left is None or tree.right is None:
        return np.tanh(tree.value @ w)
    return np.tanh((recursive_network(tree.left, w) + recursive_network(tree.right, w)) @ w)


def test_gradients_flow_through_recursion_over_trees() -> None:
    def loss(w, tree):
        return (recursive_network(tree, w) ** 2).sum()

    w = np.random.default_rng(0).normal(size=(4, 4))
    gradient = snek.grad(loss)
    for seed, count in ((1, 5), (2, 9), (3, 14)):
        tree = drawn(seed, count, lambda rng: rng.normal(size=4))
        found, step = gradient(w, tree), 1e-6
        for at in ((0, 0), (1, 2), (3, 3)):
            up, down = w.copy(), w.copy()
            up[at] += step
            down[at] -= step
            np.testing.assert_allclose(
                found[at], (loss(up, tree) - loss(down, tree)) / (2 * step), rtol=1e-5, atol=1e-8
            )
    assert len(gradient.stagings()) == 1


def test_a_gradient_by_the_tree_itself_has_its_structure() -> None:
    gradient = snek.grad(tree_sum)(TREES[0])
    assert isinstance(gradient, Tree)
    assert gradient.value == np.sign(TREES[0].value)


def test_a_compiled_program_takes_other_trees_of_its_room() -> None:
    compiled = snek.stage(tree_sum).trace(TREES[4]).lower().compile()
    for tree in TREES:
        assert repr(compiled(tree)) == repr(tree_sum(tree))
    with pytest.raises(snek.StagingError, match="compiled for others"):
        compiled(drawn(0, 40))


def test_verify_compares_with_the_tree_itself() -> None:
    staged = snek.stage(tree_sum, verify=True)
    for tree in TREES[:4]:
        assert repr(staged(tree)) == repr(tree_sum(tree))


def test_an_optional_object_keeps_its_own_attributes() -> None:
    def program(x):
        found = None
        if x > 0:
            found = Tree(x, "left", "right")
        return x if found is None else found.value * 2

    staged = snek.stage(program)
    assert [staged(f64(x)) for x in (3, -1)] == [6.0, -1.0]


def in_a_loop(trees):
    total = 0.0
    for tree in trees:
        total = total + tree_sum(tree)
    return total


def summed(trees):
    return sum(tree_sum(tree) * 2 for tree in trees)


def numbered(trees):
    total = 0.0
    for at, tree in enumerate(trees):
        total = total * 2 + at * tree_sum(tree)
    return total, len(trees)


def some_of_them(trees):
    total = 0.0
    for tree in trees:
        if tree.value > 0 and tree.left is not None:
            continue
        total = total + tree_sum(tree)
    return total + trees[-1].value - trees[1].value


def the_deepest(trees):
    found = depth(trees[0])
    for tree in trees:
        found = max(found, depth(tree))
    return found


OVER_LISTS = [in_a_loop, summed, numbered, some_of_them, the_deepest]


def batches(count: int) -> list[list[Tree]]:
    """Return lists of so many trees of other shapes each; the second has one tree twice, and a node of another one."""
    made = [[drawn(7 * count + seed, 2 + (seed * 5 + count) % 7) for seed in range(at, at + count)] for at in (0, 9)]
    shared = next(one for tree in made[1] for one in (tree.left, tree.right) if one is not None)
    return [made[0], [made[1][0], *made[1][1:-1], made[1][0]], [*made[1][:-1], shared]]


@pytest.mark.parametrize("program", OVER_LISTS)
def test_a_list_of_trees_is_data_however_long_it_is(program: Callable[..., Any]) -> None:
    for count in (2, 5, 20):
        staged = snek.stage(program)
        for trees in batches(count):
            np.testing.assert_allclose(staged(trees), program(trees), rtol=1e-13)
            np.testing.assert_allclose(staged(tuple(trees)), program(tuple(trees)), rtol=1e-13)
        rooms = {packed(trees).room for trees in batches(count)}
        assert len(staged.stagings()) == 2 * len(rooms)


@pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler")
def test_lantern_loops_over_the_trees_of_a_list() -> None:
    staged = snek.stage(in_a_loop, backend="lantern")
    for trees in batches(20):
        np.testing.assert_allclose(staged(trees), in_a_loop(trees), rtol=1e-13)


def appends(trees):
    trees.append(trees[0])
    return tree_sum(trees[0])


def exchanges(trees):
    trees[0], trees[1] = trees[1], trees[0]
    return trees[0].value


def gives_the_list(trees):
    return trees, trees[0].value


def changes_a_node(trees):
    for tree in trees:
        tree.value = tree.value * 2
    return trees[0].value


@pytest.mark.parametrize("program", [appends, exchanges, gives_the_list, changes_a_node])
def test_a_list_of_trees_that_is_no_data_is_staged_by_shape(program: Callable[..., Any]) -> None:
    staged = snek.stage(program)
    for trees in batches(3)[:2]:
        mine, theirs = copy.deepcopy(trees), copy.deepcopy(trees)
        assert repr(staged(mine)) == repr(program(theirs))
        assert repr(mine) == repr(theirs)
    assert gives_the_list is not program or staged(trees)[0] is trees
