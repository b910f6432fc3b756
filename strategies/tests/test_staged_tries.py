"""`try`, `with` and `raise` in staged code do what Python does, on every side of what data decide."""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.backends.registry import BACKENDS

sys.path.append(str(Path(__file__).parent))
from construct_rows import xs  # noqa: E402
from python_outcome import check_calls  # noqa: E402

f64, i64 = np.float64, np.int64
D = snek.dynamic


pytestmark = pytest.mark.usefixtures("checked")


class E1(Exception):
    pass


class E2(E1):
    pass


def rec(x):
    if x > 5:
        raise E1("big", x)
    if x < 0:
        raise ValueError("neg")
    if x < 1:
        return x
    return rec(x - 1) + 1


def recursion_in_try(x):
    try:
        return rec(x)
    except E1 as e:
        return e.args[1] * 100


def recursion_thrown_on(x):
    try:
        y = rec(x)
    except E2:
        y = x * 0
    return y


def down(x):
    if x < 1:
        raise StopIteration("done")
    down(x - 1)


def recursion_that_only_throws(x):
    try:
        down(x)
    except StopIteration:
        return x * 2


def recursion_with_its_own_try(x):
    if x < 0:
        raise ValueError("v")
    try:
        return recursion_with_its_own_try(x - 1) + 1
    except ValueError:
        return x * 0


def loop_finally(a):
    n = 0
    t = 0.0
    for v in a:
        try:
            if v < 0:
                continue
            if v > 10:
                break
            t = t + v
        finally:
            n = n + 1
    return t, n


def list_at_the_exception(x):
    items = [x, x]
    try:
        items[0] = x * 2
        if x < 0:
            raise ValueError
        items[1] = x * 3
    except ValueError:
        items[1] = items[0] + 1
    return items


def divisions(n, d):
    try:
        return n // d, n % d
    except ZeroDivisionError as e:
        raise ValueError(str(e)) from e


def indices(a, i, j):
    try:
        a[i] = 1.0
        return a[j]
    except IndexError as e:
        raise ValueError(f"bad: {e}") from e


def endless_loop_left_by_an_exception(x):
    n = 0
    try:
        while True:
            n = n + 1
            x = x - 1
            if x < 0:
                raise StopIteration(n)
    except StopIteration as s:
        return s.args[0] + x


def loop_test_raises(a, i):
    n = 0
    try:
        while a[i] > 0:
            i = i + 1
            n = n + 1
    except IndexError:
        n = n + 1000
    return n, i


def alias(a, x):
    b = a
    try:
        b[0] = 1.0
        if x < 0:
            raise ValueError
        b[1] = 2.0
    except ValueError:
        a[1] = 5.0
    return b


def nested_fin(x):
    s = 0
    try:
        try:
            s = s + 1
            if x < 0:
                raise ValueError("a")
            s = s + 2
        finally:
            s = s + 4
            if x < -5:
                raise KeyError("b")
    except (KeyError, ValueError) as e:
        s = s + 8
        if isinstance(e, KeyError):
            s = s + 16
    return s


def bare(x):
    try:
        if x < 0:
            raise ValueError("a", x)
        if x > 9:
            raise E2("q")
    except:  # noqa: E722 - a bare one is what is tested
        x = x + 1
        if x > 0:
            raise
    return x


def orelse(x):
    try:
        if x < 0:
            raise ValueError
    except ValueError:
        return f64(1.0)
    else:
        if x > 3:
            raise ValueError("else")
        x = x * 3
    finally:
        x = x + 1
    return x


class M:
    def __init__(self):
        self.log = []
        self.n = 0

    def __enter__(self):
        self.n = 1
        return self

    def __exit__(self, t, e, tb):
        self.n = self.n + 10
        return t is not None and issubclass(t, E1)


def manager_that_swallows(x):
    m = M()
    y = x
    with m as k:
        y = x + k.n
        if x < 0:
            raise E2("s")
        if x > 5:
            raise ValueError("t")
        y = y * 2
    return y, m.n


def suppressed(x):
    with contextlib.suppress(ValueError):
        if x < 0:
            raise ValueError
        x = x * 2
    return x


def with_ret(a):
    m = M()
    for v in a:
        with m:
            if v > 2:
                return v, m.n
    return f64(0.0), m.n


def text_of_an_exception(x):
    try:
        if x < 0:
            raise ValueError(f"neg {x:.2f}")
    except ValueError as e:
        raise RuntimeError(f"wrapped: {e}") from e
    return x


def effects_keep_their_order(x):
    try:
        print("a")
        if x < 0:
            raise ValueError(x)
        print("b")
    except ValueError as e:
        print("caught", e)
    finally:
        print("fin", x)
    return x


def reraise_outer(x):
    try:
        try:
            if x < 0:
                raise E2("e2", x)
        except E1:
            y = x * 2
            raise
    except E2 as e:
        return e.args[1] + y
    return x


def store_then_raise(items, d, a, x):
    items.append(x)
    d["k"] = x
    a[1] = x * 2
    if x < 0:
        raise E1("boom", x)
    a[0] = 5.0
    if x > 5:
        raise E1("late")
    return x


def exc_after(x):
    err = ValueError("static")
    try:
        if x < 0:
            raise err
        return x
    except ValueError:
        return x * 2


def swallow_in_loop(a):
    good = 0
    for v in a:
        try:
            good = good + int(1 / v)
        except ZeroDivisionError:
            good = good + 100
        except OverflowError:
            good = good - 1
    return good


def maths(x):
    try:
        return math.sqrt(x) + math.log(x)
    except ValueError:
        return -1.0


def array_of_its_own_under_two_names(x):
    try:
        c = np.zeros(3)
        d = c
        d[0] = x
        if x < 0:
            raise ValueError
        d[1] = x
    except ValueError:
        d[2] = x
    return c, d


def loop_left_from_inside(a, limit):
    total = 0.0
    try:
        for v in a:
            w = v
            while w > 0:
                w = w - 1
                total = total + w
                if total > limit:
                    raise E2("over", total)
    except E1 as error:
        total = -error.args[1]
    return total


def name_of_a_branch_read_inside(x):
    v = x
    if x > 0:
        v = v + 1
    else:
        try:
            if x < -1:
                z = x
            v = z + 0.0
        except UnboundLocalError:
            v = v - 1
        finally:
            v = v * 2
    return v


CASES: list[tuple[Callable[..., Any], list[tuple[Any, ...]]]] = [
    (recursion_in_try, [(f64(3),), (f64(8),), (f64(-1),)]),
    (recursion_thrown_on, [(f64(3),), (f64(8),), (f64(-1),)]),
    (recursion_that_only_throws, [(f64(3),), (f64(-1),)]),
    (recursion_with_its_own_try, [(f64(3),), (f64(-1),)]),
    (loop_finally, [(xs(*range(5)),), (xs(1, -1, 2, 20, 3),), (xs(*[1, -1] * 10, 20, 3),)]),
    (list_at_the_exception, [(f64(3),), (f64(-1),)]),
    (divisions, [(D(7), D(2)), (D(7), D(0))]),
    (indices, [(xs(1, 2, 3), i64(1), i64(2)), (xs(1, 2, 3), i64(5), i64(2)), (xs(1, 2, 3), i64(-3), i64(-4))]),
    (endless_loop_left_by_an_exception, [(f64(3),), (f64(-1),)]),
    (loop_test_raises, [(xs(1, 2, 3), i64(0)), (xs(1, 2, -3), i64(0)), (xs(1, 2, -3), i64(9))]),
    (alias, [(xs(0, 0), f64(3)), (xs(0, 0), f64(-1))]),
    (array_of_its_own_under_two_names, [(f64(3),), (f64(-1),)]),
    (nested_fin, [(f64(3),), (f64(-1),), (f64(-9),)]),
    (bare, [(f64(3),), (f64(-1),), (f64(-0.5),), (f64(10),)]),
    (orelse, [(f64(3),), (f64(-1),), (f64(10),)]),
    (manager_that_swallows, [(f64(3),), (f64(-1),), (f64(10),)]),
    (suppressed, [(f64(3),), (f64(-1),)]),
    (with_ret, [(xs(1, 1),), (xs(1, 3),), (xs(*[1] * 20),), (xs(*[1] * 20, 5),)]),
    (text_of_an_exception, [(f64(3),), (f64(-1),)]),
    (effects_keep_their_order, [(f64(3),), (f64(-1),)]),
    (reraise_outer, [(f64(3),), (f64(-1),)]),
    (store_then_raise, [([], {}, xs(1, 2), f64(3)), ([], {}, xs(1, 2), f64(-3)), ([], {}, xs(1, 2), f64(13))]),
    (exc_after, [(f64(3),), (f64(-1),)]),
    (swallow_in_loop, [(xs(1, 2, 0.1),)]),
    (maths, [(D(3.0),), (D(-1.0),), (D(0.0),)]),
    (name_of_a_branch_read_inside, [(f64(3),), (f64(-1),), (f64(-2),)]),
    (loop_left_from_inside, [(xs(1, 2, 3), f64(100)), (xs(*range(20)), f64(9)), (xs(*range(20)), f64(1e9))]),
]


@pytest.mark.parametrize(("program", "calls"), CASES, ids=[case[0].__name__ for case in CASES])
def test_a_handler_runs_exactly_where_python_runs_it(program: Callable[..., Any], calls: list[tuple[Any, ...]]) -> None:
    check_calls(program, calls, "interpret")


NATIVE = (
    recursion_in_try,
    loop_finally,
    indices,
    loop_test_raises,
    nested_fin,
    store_then_raise,
    loop_left_from_inside,
)


@pytest.mark.parametrize("program", NATIVE, ids=[one.__name__ for one in NATIVE])
def test_machine_code_runs_handlers_without_exceptions(program: Callable[..., Any]) -> None:
    reason = BACKENDS["lantern"].missing()
    if reason:
        pytest.skip(reason)
    check_calls(program, dict(CASES)[program], "lantern")


def test_a_gradient_flows_through_the_handler_that_is_taken() -> None:
    def program(x):
        y = x
        try:
            y = x * x
            if x < 0:
                raise ValueError
            y = y * 3.0
        except ValueError:
            y = y * x
        return y

    gradient = snek.grad(program)
    assert gradient(f64(2.0)) == 12.0
    assert gradient(f64(-2.0)) == 12.0
    assert gradient(f64(-1.0)) == 3.0


def test_the_ir_shows_the_region_and_reads_back() -> None:
    from snek_strategies.ir.reader import read
    from snek_strategies.ir.show import show

    traced = snek.stage(orelse).trace(f64(1))
    text = traced.as_text("ir")
    assert "try[label=" in text
    assert "leave[label=" in text
    assert show(read(traced.as_text("sexpr"))) == text


def generator_manager(x):
    @contextlib.contextmanager
    def scaled():
        yield 2.0

    with scaled() as k:
        if x < 0:
            raise ValueError("negative")
        x = x * k
    return x


def test_a_manager_made_of_a_generator_is_refused_where_data_decide_how_its_body_ends() -> None:
    with pytest.raises(snek.StagingError, match="a generator runs once") as caught:
        snek.stage(generator_manager)(f64(1))
    assert caught.value.code == "SNK0214"
    assert caught.value.place is not None
