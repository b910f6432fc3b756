"""Classes that the user has registered with optree go in and out of staged programs, their auxiliary data static."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import snek

optree = pytest.importorskip("optree")

pytestmark = pytest.mark.usefixtures("checked")

A, B = np.arange(3.0), np.ones((2, 2))


class Params:
    """Arrays, and a name that is static."""

    def __init__(self, weight: Any, bias: Any, name: Any) -> None:
        self.weight = weight
        self.bias = bias
        self.name = name


class Cast:
    """A class that gives another array each time."""

    def __init__(self, x: Any) -> None:
        self.x = x


class Opaque:
    """A class that nobody has registered, and that does not say what its instances hold."""

    __slots__ = ("x",)

    def __init__(self, x: Any) -> None:
        self.x = x


@pytest.fixture(autouse=True, params=["snek", "<all>"])
def registered(request: pytest.FixtureRequest) -> Iterator[None]:
    everywhere = getattr(optree.registry, "__GLOBAL_NAMESPACE")  # noqa: B009 - Python would mangle the name
    namespace = "snek" if request.param == "snek" else everywhere
    optree.register_pytree_node(
        Params,
        lambda p: ((p.weight, p.bias), p.name),
        lambda name, children: Params(*children, name),
        namespace=namespace,
    )
    optree.register_pytree_node(Cast, lambda c: ((c.x * 1,), None), lambda _, x: Cast(*x), namespace=namespace)
    yield
    for kind in (Params, Cast):
        optree.unregister_pytree_node(kind, namespace=namespace)


def held(node: Any) -> tuple[Any, ...]:
    assert type(node) is Params
    return node.weight, node.bias, node.name


def scaled(params, x):
    if params.name == "double":
        x = x * 2
    return Params(params.weight * x, [params.bias, x], params.name + "!")


@pytest.mark.parametrize("backend", ["interpret", "lantern"])
def test_a_node_goes_in_and_out(backend: str) -> None:
    staged = snek.stage(scaled, backend=backend)
    for name in ("double", "once", "double"):
        weight, (bias, x), told = held(staged(Params(A, B, name), np.float64(3)))
        plain = scaled(Params(A, B, name), np.float64(3))
        np.testing.assert_array_equal(weight, plain.weight)
        np.testing.assert_array_equal(bias, B)
        assert (x, told) == (plain.bias[1], plain.name)


def test_auxiliary_data_is_part_of_what_a_staging_is_for() -> None:
    staged = snek.stage(scaled)
    for name in ("double", "once", "double", "once"):
        staged(Params(A, B, name), np.float64(3))
    assert len(staged.stagings()) == 2
    staged(Params(A, B, "once"), np.float64(4))
    assert len(staged.stagings()) == 2


def test_arrays_among_auxiliary_data_count_by_what_they_hold() -> None:
    staged = snek.stage(lambda p: p.weight + p.name)
    for first in (1.0, 2.0, 1.0):
        table = np.array([first, 0.0, 0.0])
        np.testing.assert_array_equal(staged(Params(A, B, table)), A + table)
    assert len(staged.stagings()) == 2


def test_a_node_that_is_given_back_is_the_callers_own() -> None:
    params = Params(A, B, "same")
    assert snek.stage(lambda p: (p, p.weight + 1))(params)[0] is params  # type: ignore[index]


def test_one_node_under_two_names_stays_one() -> None:
    staged = snek.stage(lambda p, q: p.weight + 1 if p is q else p.weight - 1)
    one, other = Params(A, B, "a"), Params(A, B, "a")
    for args, wanted in (((one, one), A + 1), ((one, other), A - 1)):
        np.testing.assert_array_equal(staged(*args), wanted)


def test_what_a_child_array_or_list_holds_is_changed_as_in_python() -> None:
    def program(params, x):
        params.weight += x
        params.bias.append(x)
        return params.weight.sum()

    mine, plain = Params(A.copy(), [1.0], "a"), Params(A.copy(), [1.0], "a")
    assert snek.stage(program)(mine, np.float64(2)) == program(plain, np.float64(2))
    np.testing.assert_array_equal(mine.weight, plain.weight)
    assert mine.bias == plain.bias


def test_nodes_lie_in_other_structures_and_other_nodes() -> None:
    def program(tree):
        inner = tree["inner"].weight
        return {"out": (Params(inner.bias, inner.weight, None),)}

    inner = Params(A, B, 1)
    (made,) = snek.stage(program)({"inner": Params(inner, A, 2)})["out"]  # type: ignore[index]
    np.testing.assert_array_equal(held(made)[0], B)
    np.testing.assert_array_equal(held(made)[1], A)


def test_the_gradient_by_a_node_is_a_node() -> None:
    def loss(params):
        return (params.weight**2).sum() * params.bias[0, 0]

    found = snek.grad(loss)(Params(A, B, "loss"))
    np.testing.assert_allclose(held(found)[0], 2 * A)
    np.testing.assert_allclose(held(found)[1], [[(A**2).sum(), 0], [0, 0]])
    assert held(found)[2] == "loss"


def test_the_first_calls_can_be_compared_with_plain_python() -> None:
    staged = snek.stage(scaled, verify=True)
    np.testing.assert_array_equal(held(staged(Params(A, B, "double"), np.float64(3)))[0], A * 6)


def renames(params):
    params.name = "other"
    return params.weight


def replaces_in_a_branch(params):
    if params.weight[0] > -1:
        params.weight = params.weight * 2
    return params.weight


def adds(params):
    params.further = 1
    return params.weight


@pytest.mark.parametrize("program", [renames, replaces_in_a_branch, adds])
def test_a_change_of_the_callers_node_is_refused(program: Any) -> None:
    given = Params(A, B, "kept")
    with pytest.raises(snek.StagingError, match="changes a Params that it is given") as caught:
        snek.stage(program)(given)
    assert caught.value.code == "SNK0210"
    assert vars(given) == {"weight": given.weight, "bias": given.bias, "name": "kept"}


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (Cast(A), "taken apart to new arrays"),
        (Params(A, B, {"a": 1}), "auxiliary data of a Params holds a dict"),
        (Opaque(A), "an argument of class Opaque"),
    ],
)
def test_what_cannot_be_a_node_is_refused_by_its_class(given: Any, what: str) -> None:
    with pytest.raises(snek.StagingError, match=what) as caught:
        snek.stage(lambda p: p)(given)
    assert caught.value.code == "SNK0217"


def chosen(p, x):
    made = Params(p.weight * 2, [p.bias, x], p.name) if x > 0 else Params(p.weight, [p.bias + 1, x], p.name)
    return made.weight.sum() * made.bias[1], made.bias[0], made.name


def given_or_made(p, x):
    q = p
    if x > 0:
        q = Params(p.weight + x, p.bias, p.name)
    return q.weight, q


def halved(p, x):
    while (p.weight**2).sum() > x * x + 0.5:
        p = Params(p.weight / 2, p.bias + 1, p.name)
    return p


def left_early(p, x):
    for at in range(3):
        if p.weight[at] > x:
            return Params(p.weight * at, p.bias, "early" + p.name)
    return Params(p.weight, p.bias * x, "early" + p.name)


def none_or_node(p, x):
    found = None
    if x > 1:
        found = Params(p.weight * x, p.bias, p.name)
    return p.weight if found is None else found.weight + found.bias[0, 0]


def nested(p, x):
    inner = Params(p.weight, x, 1) if x > 0 else Params(-p.weight, x + 1, 1)
    outer = Params(inner, p.bias, None) if x > 1 else Params(Params(p.weight, x, 1), p.bias * 2, None)
    return outer.weight.weight, outer.weight.bias, outer.bias


def tried(p, x):
    q = p
    try:
        if x > 1:
            raise ValueError(x)
        q = Params(p.weight * 3, p.bias, p.name)
    except ValueError:
        q = Params(p.weight, p.bias - x, p.name)
    return q


def of_a_call(p, x):
    def halve(q, depth):
        if depth < 1:
            return q
        return halve(Params(q.weight / 2, q.bias, q.name), depth - 1)

    return halve(p, x).weight


JOINED = [chosen, given_or_made, halved, left_early, none_or_node, nested, tried]


def leaves(value: Any) -> list[Any]:
    if type(value) is Params:
        return [Params, value.name, *leaves((value.weight, value.bias))]
    return [leaf for one in value for leaf in leaves(one)] if isinstance(value, (tuple, list)) else [value]


@pytest.mark.parametrize("program", JOINED)
@pytest.mark.parametrize("backend", ["interpret", "lantern"])
def test_nodes_of_several_paths_are_joined_part_by_part(program: Any, backend: str) -> None:
    staged = snek.stage(program, backend=backend)
    for x in (2.0, -1.0, 0.5, 2.0):
        args = Params(np.array([1.0, 2.0, 4.0]), B, "name"), np.float64(x)
        mine, plain = leaves(staged(*args)), leaves(program(*args))
        assert len(mine) == len(plain)
        for one, other in zip(mine, plain, strict=True):
            np.testing.assert_array_equal(one, other)
    assert len(staged.stagings()) == 1


def test_the_gradient_goes_through_joined_nodes() -> None:
    def loss(p, x):
        return (halved(p, x).weight ** 3).sum()

    weight = np.array([1.0, 2.0, 4.0])
    found = snek.grad(loss)(Params(weight, B, "a"), np.float64(3.0))
    np.testing.assert_allclose(held(found)[0], 3 * weight**2 / 2**3)


def changes_one_after(p, x):
    mine = Params(p.weight * 2, p.bias, p.name)
    q = mine if x > 0 else Params(p.weight, p.bias, p.name)
    mine.weight = p.bias
    return q.weight.sum()


def changes_the_joined(p, x):
    mine = Params(p.weight * 2, p.bias, p.name)
    q = mine if x > 0 else Params(p.weight, p.bias, p.name)
    q.weight = p.weight * 5
    return mine.weight


def changes_in_a_branch(p, x):
    q = Params(p.weight * 2, p.bias, p.name) if x > 0 else Params(p.weight, p.bias, p.name)
    if x > 1:
        q.weight = p.weight * 5
    return q.weight


def changes_in_a_loop(p, x):
    q = Params(p.weight, p.bias, p.name)
    while q.weight.sum() > x:
        before = q
        q = Params(q.weight / 2, q.bias, q.name)
        before.weight = q.weight
    return q.weight


def changes_before_giving(p, x):
    mine = Params(p.weight * 2, p.bias, p.name)
    other = Params(p.weight, p.bias, p.name)
    if x > 0:
        mine.weight = p.weight * 7
        q = mine
    else:
        q = other
    return q.weight


@pytest.mark.parametrize(
    "program",
    [changes_one_after, changes_the_joined, changes_in_a_branch, changes_in_a_loop, changes_before_giving],
)
def test_a_change_of_a_joined_node_is_refused(program: Any) -> None:
    with pytest.raises(snek.StagingError, match="changes a Params, .* that is another one on another path") as caught:
        snek.stage(program)(Params(A, B, "a"), np.float64(2.0))
    assert caught.value.code == "SNK0210"


def test_a_list_in_a_joined_node_is_one_of_several_lists() -> None:
    def program(p, x):
        one, other = Params(p.weight, [x], "a"), Params(p.weight, [x + 1], "a")
        q = one if x > 0 else other
        q.bias.append(x)
        return one.bias[0]

    with pytest.raises(snek.StagingError, match="one of several lists") as caught:
        snek.stage(program)(Params(A, B, "a"), np.float64(2.0))
    assert caught.value.code == "SNK0212"


def test_an_array_in_a_joined_node_is_one_of_several_arrays() -> None:
    def program(p, x):
        one, other = Params(p.weight * 1, x, "a"), Params(p.weight * 2, x, "a")
        q = one if x > 0 else other
        q.weight += 1
        return one.weight

    with pytest.raises(
        snek.StagingError, match="may share its memory with one that has been changed in place"
    ) as caught:
        snek.stage(program)(Params(A, B, "a"), np.float64(2.0))
    assert caught.value.code == "SNK0212"


def test_nodes_with_other_auxiliary_data_are_not_joined() -> None:
    def program(p, x):
        q = Params(p.weight, p.bias, "one")
        if x > 0:
            q = Params(p.weight, p.bias, "other")
        return q.weight

    with pytest.raises(snek.StagingError, match="variable 'q' is Params .* on one path and Params"):
        snek.stage(program)(Params(A, B, "a"), np.float64(2.0))


def test_a_class_that_is_not_registered_is_not_given_back() -> None:
    with pytest.raises(snek.StagingError, match="returns a Opaque"):
        snek.stage(lambda x: Opaque(x))(A)
