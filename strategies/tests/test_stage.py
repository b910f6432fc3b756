"""`snek.stage`: calls, keys, guards, and what happens to the caller's own containers."""

from __future__ import annotations

import copy
import dataclasses
import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

import snek
from snek_strategies.backends.backend import LoweredProgram, Run
from snek_strategies.backends.registry import BACKENDS, Backend
from snek_strategies.ir.interpret import Interpreter

FACTOR = 2.0
SETTINGS = {"scale": 3.0}
SHARED: list[object] = []


@dataclasses.dataclass
class State:
    position: Any
    history: list[Any]


@dataclasses.dataclass(frozen=True)
class Pair:
    left: Any
    right: Any


class Point(NamedTuple):
    x: Any
    y: Any


def same(a: object, b: object) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, (np.ndarray, np.generic)):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()  # type: ignore[attr-defined]
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))  # type: ignore[arg-type]
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)  # type: ignore[call-overload, index]
    if dataclasses.is_dataclass(a):
        return same(vars(a), vars(b))
    return a == b


def agree(function: Callable[..., Any], *calls: tuple[Any, ...]) -> snek.stage:  # type: ignore[valid-type]
    """Call staged and plain with equal arguments, twice each: answers and what became of the arguments agree."""
    staged = snek.stage(function)
    for call in (*calls, *calls):
        mine, theirs = copy.deepcopy(call), copy.deepcopy(call)
        assert same(staged(*mine), function(*theirs))
        assert same(mine, theirs), "the arguments after the call"
    return staged


def relu(x):
    return x if x > 0 else x * 0


def test_both_sides_of_a_choice_are_one_staging() -> None:
    staged = agree(relu, (np.float64(2),), (np.float64(-2),))
    assert [one.reason for one in staged.stagings()] == ["first call"]


def test_a_new_dtype_or_rank_is_staged_anew_and_says_why() -> None:
    staged = agree(lambda x: x + 1, (np.ones(2),), (np.ones((3, 2)),), (np.ones(2, np.float32),))
    assert [one.arguments for one in staged.stagings()] == ["float64[2]", "float64[3,2]", "float32[2]"]
    assert "shapes" in staged.stagings()[1].reason


def test_keyword_arguments_and_positions_are_one_call() -> None:
    staged = snek.stage(lambda x, y, *, z: x - y * z)
    x, y, z = np.float64(1), np.float64(2), np.float64(5)
    assert staged(x, y, z=z) == staged(x, y=y, z=z) == staged(y=y, x=x, z=z) == -9
    assert len(staged.stagings()) == 1


def test_defaults_and_methods() -> None:
    class Model:
        scale = 3.0

        @snek.stage
        def call(self, x, bias=1.0):
            return x * 2 + bias

    np.testing.assert_array_equal(Model().call(np.ones(2)), np.full(2, 3.0))
    staged = snek.stage(lambda x, bias=1.0: x + bias)
    assert staged(np.float64(1)) == 2
    assert staged(np.float64(1), 5.0) == 6


def test_a_changed_global_is_never_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    staged = snek.stage(lambda x: x * FACTOR)
    x = np.float64(1)
    assert staged(x) == 2
    monkeypatch.setitem(globals(), "FACTOR", 7.0)
    assert staged(x) == 7
    monkeypatch.setitem(globals(), "FACTOR", 2.0)
    assert staged(x) == 2
    assert "global" in staged.stagings()[1].reason


def test_a_changed_dict_cell_or_attribute_is_never_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    class Holder:
        value = 1.0

    holder, cell = Holder(), 1.0

    def program(x):
        return x * SETTINGS["scale"] + cell + holder.value

    staged = snek.stage(program)
    for change in (lambda: None, lambda: monkeypatch.setitem(SETTINGS, "scale", 5.0)):
        change()
        assert staged(np.float64(1)) == program(np.float64(1))
    cell = 100.0
    assert staged(np.float64(1)) == program(np.float64(1))
    holder.value = 1000.0
    assert staged(np.float64(1)) == program(np.float64(1))
    assert len(staged.stagings()) == 4


def append(items, x):
    items.append(x + 1)
    return x


def into_dict(table, x):
    table["new"] = x * 2
    del table["old"]
    return table


def move(state, x):
    state.history.append(state.position)
    state.position = state.position + x
    return state


def swap(a, b):
    a[0], b[0] = b[0], a[0]
    return [a, b, a]


def nest(a, b):
    a.append(b)
    b.append(np.float64(7) + b[0])
    return None


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (append, ([np.ones(2)], np.ones(2))),
        (into_dict, ({"old": np.ones(2), "kept": 1}, np.ones(2))),
        (move, (State(np.float64(1), []), np.float64(2))),
        (swap, ([np.float64(1)], [np.float64(2)])),
        (nest, ([np.float64(1)], [np.float64(2)])),
        (lambda p: Pair(p.right, p.left), (Pair(np.float64(1), 2),)),
        (lambda p: p._replace(x=p.x + 1), (Point(np.float64(1), None),)),
        (lambda t: {"sum": t["a"] + t["b"][1], "none": None}, ({"a": np.ones(2), "b": (1, np.ones(2))},)),
    ],
)
def test_containers_come_in_change_and_go_out_as_in_python(function: Callable[..., Any], args: Any) -> None:
    agree(function, args)


def test_the_callers_own_container_comes_back() -> None:
    items = [np.float64(1)]
    staged = snek.stage(lambda given, x: (given.append(x), given)[1])
    assert staged(items, np.float64(2)) is items
    assert items == [1, 2]


def test_one_list_under_two_names_stays_one() -> None:
    def program(a, b, x):
        a.append(x)
        return len(b)

    staged = snek.stage(program)
    one: list[Any] = []
    assert staged(one, one, np.float64(1)) == 1
    assert len(one) == 1
    assert staged([], [], np.float64(1)) == 0
    assert len(staged.stagings()) == 2


def test_an_argument_that_is_read_under_a_second_name_outside_is_refused() -> None:
    def program(items, x):
        items.append(x)
        return x + len(SHARED)

    with pytest.raises(snek.StagingError, match="under another name"):
        snek.stage(program)(SHARED, np.float64(1))
    assert SHARED == []


def test_a_number_is_static_unless_it_is_marked() -> None:
    staged = snek.stage(lambda x, n: x * n)
    assert [staged(np.float64(2), n) for n in (1.5, 2.5)] == [3, 5]
    assert len(staged.stagings()) == 2
    assert [staged(np.float64(2), snek.dynamic(n)) for n in (1.5, 2.5)] == [3, 5]
    assert len(staged.stagings()) == 3


def test_an_array_is_dynamic_unless_it_is_marked() -> None:
    def program(x, table):
        return x * 2 if table[0] > 0 else x * 3

    up, down = np.array([1.0]), np.array([-1.0])
    for staged, wrap in (
        (snek.stage(program, static_argnames="table"), lambda t: t),
        (snek.stage(program), snek.static),
    ):
        assert [staged(np.float64(1), wrap(t)) for t in (up, down, up)] == [2, 3, 2]
        assert len(staged.stagings()) == 2
        assert "if" not in staged.trace(np.float64(1), wrap(up)).as_text("ir").split()


def test_the_verbs_give_text_and_a_callable() -> None:
    staged = snek.stage(relu)
    traced = staged.trace(np.float64(1))
    assert traced.as_text("source").startswith("def relu(x):")
    assert "if" in traced.as_text("ir")
    assert traced.lower().as_text("sexpr").startswith("(program relu")
    compiled = traced.lower().compile()
    assert compiled(np.float64(-1)) == 0
    with pytest.raises(snek.StagingError, match="was compiled for others"):
        compiled(np.ones(3))
    with pytest.raises(snek.UsageError, match="source, ir, sexpr"):
        traced.as_text("poem")


def test_verify_stops_at_a_wrong_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    class OffByALittle(LoweredProgram):
        def compile(self) -> Run:
            run = Interpreter(self.program)
            return lambda *args: tuple(np.float64(one * 1.001) for one in run(*args))  # type: ignore[operator]

    monkeypatch.setitem(sys.modules, "planted", SimpleNamespace(Lowered=OffByALittle))  # type: ignore[arg-type]
    monkeypatch.setitem(BACKENDS, "planted", Backend("planted:Lowered"))
    assert snek.stage(relu, backend="planted")(np.float64(2)) != 2
    with pytest.raises(snek.StagingError, match=r"the answer of relu: plain Python gives np.float64\(2.0\)"):
        snek.stage(relu, backend="planted", verify=True)(np.float64(2))
    assert snek.stage(relu, verify=True)(np.float64(2)) == 2


def test_verify_compares_what_becomes_of_the_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    staged = snek.stage(append, verify=True)
    items: list[Any] = []
    staged(items, np.float64(1))
    assert items == [2]
    monkeypatch.setattr("snek_strategies.staging.trace.write_back", lambda *_: None)
    with pytest.raises(snek.StagingError, match="the arguments"):
        staged([], np.float64(1))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: snek.stage(relu, backend="abacus"), "no back-end 'abacus'; there is interpret, "),
        (lambda: snek.stage(relu, static_argnames="y"), "no parameter 'y'"),
        (lambda: snek.stage(len), "cannot stage a builtin_function_or_method"),
        (lambda: snek.dynamic(np.ones(2)), "takes a Python number"),
        (lambda: snek.static(1.0), "takes a NumPy array"),
    ],
)
def test_bad_use_is_named(build: Callable[[], object], message: str) -> None:
    with pytest.raises(snek.UsageError, match=message):
        build()


def test_concurrent_first_calls_stage_once() -> None:
    staged = snek.stage(lambda x: x * 2 + 1)
    start = threading.Barrier(8)
    answers: list[object] = []

    def call() -> None:
        start.wait()
        answers.append(staged(np.float64(3)))

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [7] * 8
    assert len(staged.stagings()) == 1


def test_a_function_without_source_is_refused_where_it_is_staged() -> None:
    made: dict[str, Any] = {}
    exec(compile("def relu(x):\n    return x if x > 0 else 0 * x\n", "<typed in>", "exec"), made)
    with pytest.raises(snek.NoSource, match="no source text for 'relu'"):
        snek.stage(made["relu"])
