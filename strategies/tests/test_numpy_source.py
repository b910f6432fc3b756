"""A staged program as Python text runs alone, and does what the interpreter does: value, dtype, exception, output."""

from __future__ import annotations

import contextlib
import copy
import io
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snek
from snek_core_transform.bind import bind
from snek_strategies.arguments import as_traced
from snek_strategies.backends.interpreted import Interpreted
from snek_strategies.backends.numpy_expressions import EXPRESSIONS
from snek_strategies.backends.numpy_source import numpy_source
from snek_strategies.ir.interpretations import INTERPRETATIONS
from snek_strategies.ir.passes.examples import descent
from snek_strategies.ir.passes.gather_products import gather_products
from snek_strategies.spellings.numpy_spelling import NUMPY
from snek_strategies.staging.pytrees import arrays_in
from snek_workloads.registry import load, names

sys.path.append(str(Path(__file__).parent))
from array_api_programs import PROGRAMS as ARRAY_API  # noqa: E402
from backend_programs import PROGRAMS  # noqa: E402
from every_size_programs import ONCE  # noqa: E402

STATEMENTS = {"require", "raise", "print"}


def test_every_primitive_has_a_text() -> None:
    assert set(EXPRESSIONS) == set(INTERPRETATIONS) - STATEMENTS


def entry_of(text: str) -> Callable[..., tuple[object, ...]]:
    namespace: dict[str, Any] = {}
    exec(compile(text, "<text>", "exec"), namespace)
    name = [line[4:].partition("(")[0] for line in text.splitlines() if line.startswith("def ")][-1]
    found: Callable[..., tuple[object, ...]] = namespace[name]
    return found


def outcome(run: Callable[..., object], values: tuple[object, ...]) -> tuple[str, object, str]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            return "gives", run(*copy.deepcopy(values)), printed.getvalue()
        except RecursionError:
            return "raises", RecursionError, printed.getvalue()
        except Exception as error:
            return "raises", (type(error), str(error)), printed.getvalue()


def same(a: Any, b: Any) -> bool:
    if isinstance(a, (np.ndarray, np.generic)):
        return type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, (tuple, list)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and repr(a) == repr(b)


def check(function: Callable[..., Any], sets: Any) -> str:
    text = ""
    for args in sets:
        traced = snek.stage(function).trace(*args)
        lowered = traced.lower()
        text = lowered.as_text("python")
        values = tuple(arrays_in(as_traced((args, {}), traced.key)))
        want, got = outcome(lowered.program.compile(), values), outcome(entry_of(text), values)
        assert want[0] == got[0], (want, got, text)
        assert same(want[1:], got[1:]), (want, got, text)
    return text


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_text_of_a_construct_does_what_the_interpreter_does(name: str) -> None:
    check(*PROGRAMS[name])


@pytest.mark.parametrize("name", ARRAY_API)
def test_the_text_of_a_function_of_the_standard_does_what_the_interpreter_does(name: str) -> None:
    function, arguments = ARRAY_API[name]
    check(function, [arguments])


@pytest.mark.parametrize("name", names())
def test_the_text_of_a_workload_does_what_the_interpreter_does(name: str) -> None:
    workload = load(name)
    check(bind(workload.program, NUMPY), [workload.arguments(np.random.default_rng(0), "tiny")])


def readable(x, n):
    total = 0 * x
    while x > 1:
        scaled = np.tanh(x) * n
        total = total + scaled
        x = x / 2
    return total


def test_the_text_has_the_users_names_and_runs_in_a_process_without_snek(tmp_path: Path) -> None:
    text = check(readable, [(np.float64(9), 3)])
    assert "scaled = np.tanh(" in text
    assert "total = " in text
    file = tmp_path / "program.py"
    file.write_text(f"{text}\n\nassert 'snek' not in __import__('sys').modules\nprint(readable(np.float64(9)))\n")
    done = subprocess.run([sys.executable, "-P", str(file)], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == str((readable(np.float64(9), 3),))


def test_names_hide_nothing_that_the_text_uses() -> None:
    def len(x, n):  # noqa: A001 - the name is the point
        np_ = x + 1
        down = np_ * 2
        return down if x < n else len(x - down, n) + power(x)

    def power(x):
        power = x**0.5
        return abs(power)

    check(len, [(np.float64(9), np.float64(3))])


@pytest.mark.parametrize("function", ONCE, ids=lambda one: one.__name__)
def test_one_text_serves_every_size_as_one_program_does(function: Callable[..., Any]) -> None:
    rng, make, staged = np.random.default_rng(0), ONCE[function], snek.stage(function)
    for size in 32, 64:
        outcome(staged, make(rng, size))
    lowered = staged.trace(*make(rng, 7)).lower()
    run, entry = lowered.program.compile(), entry_of(lowered.as_text("python"))
    for size in 9, 12:
        values = tuple(arrays_in((make(rng, size), {})))
        assert same(outcome(run, values), outcome(entry, values))


def test_constants_keep_their_dtypes_and_values() -> None:
    table = np.array([[1.0, np.nan, -np.inf]], np.float32)

    def program(x):
        return x + table, x * complex(-0.0, 2.5), x - np.float64(-0.5), np.where(x > 0, np.inf, x)[:, None, ::-1]

    check(program, [(np.array([[1.0, 2.0, -3.0]]),)])


def test_a_gradients_tape_is_a_tuple_in_the_text() -> None:
    def loss(x, w):
        y, trips = x, 0
        while (y**2).sum() < 100:
            y = np.sin(y @ w) + y * 2
            trips = trips + 1
        return y.sum() * trips

    def program(x, w):
        return snek.value_and_grad(loss, (0, 1))(x, w)

    text = check(program, [(np.ones((2, 3)), np.eye(3)), (np.full((2, 3), 9.0), np.eye(3))])
    assert "popped_row(" in text


def test_a_gathered_product_is_that_of_the_rows_of_a_tape() -> None:
    program, rng = gather_products(descent()), np.random.default_rng(0)
    values = tuple(rng.normal(size=shape) for shape in ((2, 30), (2, 40), (30, 40)))
    text = numpy_source(program)
    assert "summed_products(" in text
    assert same(outcome(Interpreted(program).compile(), values), outcome(entry_of(text), values))


def test_an_exception_class_that_cannot_be_imported_is_refused() -> None:
    class Own(Exception):
        pass

    def program(x):
        if x > 0:
            raise Own("positive")
        return x

    with pytest.raises(snek.StagingError, match="no other module can import"):
        snek.stage(program).trace(np.float64(1)).lower().as_text("python")


def test_the_interpreters_texts_name_python_among_them() -> None:
    assert Interpreted.kinds == ("python",)
