"""Differences that generated programs have found, and the proof on generated programs itself."""
# ruff: noqa: F821, F841 - programs may be wrong on purpose

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
import traceback
import types
from collections.abc import Callable, Generator
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from snek_core_transform.operators import Operators, PythonOperators
from snek_core_transform.recording_operators import RecordingOperators
from snek_core_transform.virtualize import virtualize

PROOF = Path(__file__).parent.parent / "proofs" / "fuzz" / "run.py"


@types.coroutine
def wait(value: Any) -> Any:
    yield "waiting"
    return value


def awaits_a_marked_generator() -> object:
    async def main() -> Any:
        return await wait(3)

    coroutine = main()
    seen = [coroutine.send(None)]
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return seen, stop.value
    return seen


def default_without_a_value(x: int) -> object:
    for _ in range(2):
        if x:

            def inner(y: object = later) -> object:
                return y

            later = inner()
    return 0


def iterable_without_a_value(x: int) -> object:
    if x:
        return list(y for y in later)  # noqa: C400 - a generator's first iterable is evaluated around it
    later: list[int] = []
    return later


def operand_without_a_value(x: int) -> object:
    later = {y for y in [x and later]}
    return later


def parameter_that_an_inner_function_deletes(x: int) -> object:
    def forget() -> None:
        nonlocal x
        del x

    forget()
    return 0 < 1 < x


def parameter_that_an_inner_handler_unsets(x: int) -> object:
    def forget() -> None:
        nonlocal x
        try:
            raise KeyError
        except KeyError as x:  # type: ignore[assignment]
            pass

    forget()
    return 0 < 1 < x


def name_of_a_class_body_behind_a_jump(x: int) -> object:
    y = 3

    class Kind:
        for number in range(3):
            if number == x:
                continue
                y = 4
            seen = y

    return Kind.seen


def part_of_a_group_raised_again(x: int) -> object:
    try:
        try:
            raise ExceptionGroup("all", [ValueError(x), KeyError(x)])
        except* KeyError:
            for _ in range(2):
                if x:
                    raise
    except ExceptionGroup as group:
        return repr(group)
    return "late"


class Ready:
    def __init__(self, value: int) -> None:
        self.value = value

    def __await__(self) -> Generator[None, None, int]:
        yield from ()
        return self.value


class Swallows:
    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> bool:
        return True


class Raises(Swallows):
    def __exit__(self, *_: object) -> bool:
        raise KeyError("exit")


def return_overruled_by_an_exception_in_finally(x: int) -> object:
    try:
        try:
            if x:
                return "early"
        finally:
            [][x]
    except IndexError:
        x = 2
    return "late", x


def jumps_overruled_by_exceptions_in_finally(x: int) -> object:
    seen: list[object] = []
    for number in range(4):
        try:
            try:
                if number == x:
                    break
                if number > x:
                    continue
            finally:
                if number == x:
                    [][x]
        except IndexError:
            seen.append(number)
        seen.append(-number)
    else:
        seen.append("else")
    return seen


def return_overruled_at_the_end_of_a_with_and_swallowed(x: int) -> object:
    with Swallows(), Raises():
        if x:
            return "early"
    return "late"


def return_overruled_in_a_loop_in_a_with(x: int) -> object:
    seen: list[object] = []
    with Swallows():
        for number in range(3):
            with Raises():
                if number == x:
                    return "early"
                seen.append(number)
    return "late", seen


def several_targets_in_finally_after_return(x: int) -> object:
    seen: list[int] = [0]
    try:
        if x:
            return x, seen
    finally:
        y = seen[0] = 6
    return y


def return_beside_a_break_in_finally(x: int) -> object:
    y = 3
    while y:
        if x:
            return "early"
        y -= 1
        try:
            y += 0
        finally:
            if y == 1:
                break  # noqa: B012 - a jump out of `finally` is what is tried
    return "late", y


class Swallows:
    def __enter__(self) -> int:
        return 7

    def __exit__(self, *error: object) -> bool:
        return True


def jumps_in_managers_of_a_loop_that_suspends(x: int) -> object:
    async def go() -> object:
        found, seen = SimpleNamespace(), x
        while seen < 9:
            seen += await Ready(1)
            with Swallows() as found.a, Swallows():
                if seen > 3:
                    if seen > 4:
                        break
                    break
                elif found.a == 7:
                    seen += 1
                    continue
            seen = 8
        else:
            return "else", seen
        return "broken", seen

    with pytest.raises(StopIteration) as stopped:
        go().send(None)
    return stopped.value.value


def variables_named_like_those_of_comprehensions(x: int) -> object:
    size = name = 8
    if x:
        pairs = [(size, name) for name, size in {"s": 1, "m": 60}.items()]
        for size, name in pairs:
            if size > x:
                break
        sizes = [size for size in (1, 2) if size]
        seen = (lambda: size)(), [name for name in "ab" if (lambda: name)() > "a"], (lambda size=3: (size, name))()
    chosen = x and ([size for size in (1, 2) if x and size] and size)
    nested = [[size for size in range(size)] for size in (1, 2) if x and size > 1]
    return x and (sizes, seen), size, name, chosen, nested


def chain_that_ends_before_an_unbound_name(x: int) -> object:
    seen, b, xs, told = 0, x, [x, 4, "end"], [].append
    if x > 100:
        end = 4
    try:
        while seen < 3:
            seen += 1
            try:
                while seen < 9 and (7 <= b < end):
                    seen += 1
                for end in xs[:2]:
                    told(f"{end=}")
            except TypeError:
                del xs[0]
            b = b = -1
    except NameError as error:
        told(error)
    return x, seen, b, xs


def jump_out_of_reach_in_a_loop_that_yields(x: int) -> object:
    def go() -> Any:
        for number in [x, 3]:
            if number in (1,):
                continue
                break
        else:
            yield number
        yield "end"

    return list(go())


def unpacking_what_is_not_iterable(x: int) -> object:
    try:
        (y,) = x  # type: ignore[misc]
    except TypeError as error:
        return str(error), error.__context__, error.__suppress_context__
    return y


def generator_that_nothing_holds_after_its_loop(x: int) -> object:
    seen: list[object] = []

    def steps() -> Any:
        try:
            yield x
        finally:
            seen.append("closed")

    def fail(y: object) -> object:
        raise KeyError(y)

    def tried(way: int) -> None:
        with Notes(seen):
            if way == 0:
                for y in steps():
                    fail(y)
            while way == 1:
                for y in steps():
                    if y or not y:
                        later
                later = 0
            if way == 2:
                max(steps(), key=fail)

    for way in range(3):
        try:
            tried(way)
        except (KeyError, NameError) as error:
            seen.append(type(error))
    return seen


class Notes(Swallows):
    def __init__(self, seen: list[object]) -> None:
        self.seen = seen

    def __exit__(self, *_: object) -> bool:
        self.seen.append("left")
        return False


class Ends:
    def __init__(self, seen: list[object]) -> None:
        self.seen = seen

    def __del__(self) -> None:
        self.seen.append("ended")


def item_that_its_variable_no_longer_has(x: int) -> object:
    seen: list[object] = []
    try:
        for item in [Ends(seen)]:
            item = None  # type: ignore[assignment]
            raise KeyError(x)
    except KeyError:
        seen.append(x)
    return seen


def value_that_a_variable_no_longer_has(x: int) -> object:
    seen: list[object] = [x]

    def go(told: list[object]) -> None:
        while told:
            value: object = Ends(told)
            told.append(value is None)
            value = None
            told.append("after")
            if len(told) > 5:
                break

    go(seen)
    return seen


def group_made_in_a_construct(x: int) -> object:
    def fail(times: int) -> Any:
        while times:
            times -= 1
            if times == 0:
                try:
                    raise ExceptionGroup("all", [ValueError(x), TypeError(x), KeyError(x)])
                except* ValueError:
                    raise
                except* TypeError:
                    raise LookupError
        yield

    def places(error: BaseException) -> list[object]:
        names = [frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)]
        return [type(error), *(name for name, _ in groupby(names))]

    found: list[object] = []
    for times in (1, 2):
        try:
            for _ in fail(times):
                try:
                    raise ExceptionGroup("never", [ValueError(x)])
                except* TypeError:
                    pass
        except ExceptionGroup as error:
            found.append(places(error))
        try:
            if times == 2:
                try:
                    raise ExceptionGroup("all", [ValueError(x), TypeError(x)])
                except* TypeError:
                    raise LookupError from None
        except ExceptionGroup as error:
            found.append(places(error))
    return found


def outcome(program: Callable[..., object], arguments: tuple[object, ...]) -> object:
    try:
        return program(*arguments)
    except NameError as error:
        return type(error), str(error)


PROGRAMS: list[tuple[Callable[..., object], tuple[object, ...]]] = [
    (awaits_a_marked_generator, ()),
    (default_without_a_value, (1,)),
    (iterable_without_a_value, (1,)),
    (operand_without_a_value, (1,)),
    (parameter_that_an_inner_function_deletes, (1,)),
    (parameter_that_an_inner_handler_unsets, (1,)),
    (name_of_a_class_body_behind_a_jump, (1,)),
    (part_of_a_group_raised_again, (1,)),
    (return_overruled_by_an_exception_in_finally, (1,)),
    (return_overruled_by_an_exception_in_finally, (0,)),
    (jumps_overruled_by_exceptions_in_finally, (1,)),
    (jumps_overruled_by_exceptions_in_finally, (9,)),
    (return_overruled_at_the_end_of_a_with_and_swallowed, (1,)),
    (return_overruled_at_the_end_of_a_with_and_swallowed, (0,)),
    (return_overruled_in_a_loop_in_a_with, (1,)),
    (return_overruled_in_a_loop_in_a_with, (0,)),
    (several_targets_in_finally_after_return, (1,)),
    (several_targets_in_finally_after_return, (0,)),
    (return_beside_a_break_in_finally, (1,)),
    (return_beside_a_break_in_finally, (0,)),
    (jumps_in_managers_of_a_loop_that_suspends, (0,)),
    (jumps_in_managers_of_a_loop_that_suspends, (3,)),
    (jumps_in_managers_of_a_loop_that_suspends, (9,)),
    (variables_named_like_those_of_comprehensions, (3,)),
    (variables_named_like_those_of_comprehensions, (0,)),
    (chain_that_ends_before_an_unbound_name, (3,)),
    (chain_that_ends_before_an_unbound_name, (8,)),
    (jump_out_of_reach_in_a_loop_that_yields, (1,)),
    (jump_out_of_reach_in_a_loop_that_yields, (2,)),
    (unpacking_what_is_not_iterable, (1,)),
    (generator_that_nothing_holds_after_its_loop, (1,)),
    (item_that_its_variable_no_longer_has, (1,)),
    (value_that_a_variable_no_longer_has, (1,)),
    (group_made_in_a_construct, (1,)),
]


@pytest.mark.parametrize("operators", [RecordingOperators, PythonOperators])
@pytest.mark.parametrize(("program", "arguments"), PROGRAMS)
def test_what_was_found_agrees(
    program: Callable[..., object], arguments: tuple[object, ...], operators: type[Operators]
) -> None:
    made = operators()
    assert outcome(virtualize(program, made), arguments) == outcome(program, arguments)
    assert not isinstance(made, RecordingOperators) or made.firings, "ran without a firing"


def makes_a_group(x: int) -> None:
    for _ in range(x):
        if x:
            try:
                raise ExceptionGroup("all", [ValueError(x), TypeError(x)])
            except* TypeError:
                raise LookupError from None


@pytest.mark.parametrize("operators", [RecordingOperators, PythonOperators])
def test_a_function_whose_except_star_makes_a_group_in_a_construct_has_no_frame(operators: type[Operators]) -> None:
    found = []
    for function in (makes_a_group, virtualize(makes_a_group, operators())):
        with pytest.raises(ExceptionGroup) as caught:
            function(1)
        found.append([frame.f_code.co_name for frame, _ in traceback.walk_tb(caught.value.__traceback__)])
    assert found[0] == found[1]
    assert "makes_a_group" not in found[0]


def test_the_identity_would_fail_these_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "virtualize", lambda function, operators: function)
    for program, arguments in PROGRAMS:
        with pytest.raises(AssertionError, match="without a firing"):
            test_what_was_found_agrees(program, arguments, RecordingOperators)


def proof(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PROOF), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_a_few_programs_agree() -> None:
    done = proof("--programs", "60")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "60 programs" in done.stdout
    assert "0 different" in done.stdout


def test_a_further_run_goes_on_where_the_file_stands(tmp_path: Path) -> None:
    out = tmp_path / "slices.jsonl"
    for _ in range(2):
        done = proof("--programs", "5", "--out", str(out))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "5 programs" in done.stdout
    assert len(out.read_text().splitlines()) == 1


def test_the_programs_have_every_form_of_statement_expression_and_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PROOF.parent))
    before = set(sys.modules)
    writer = importlib.import_module("generate").Writer
    seen: set[type] = set()
    for number in range(400):
        seen.update(type(node) for node in ast.walk(ast.parse(writer(number, 16).text())))
    kinds = [kind for group in (ast.stmt, ast.expr, ast.pattern) for kind in group.__subclasses__()]
    assert {kind for kind in kinds if kind.__module__ == "ast"} - seen == set()
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) == str(PROOF.parent / f"{name}.py"):
            del sys.modules[name]


def test_it_fails_where_nothing_is_virtualized() -> None:
    done = proof("--programs", "20", "--identity")
    assert done.returncode == 1
    assert "no operator fired" in done.stdout
