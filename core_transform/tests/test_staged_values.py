"""Staged values reach operators in both modes, and are refused, with a caret, where there is no operator."""

from __future__ import annotations

import asyncio
import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest

from snek_core_transform.errors import UnsupportedSyntax
from snek_core_transform.operators import Operators
from snek_core_transform.place import user_place
from snek_core_transform.virtualize import virtualize


class Wrapped:
    """A value of the next stage: Python itself can neither ask its truth nor iterate it."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __bool__(self) -> bool:
        raise AssertionError("Python asked the truth of a staged value")

    def __iter__(self) -> Iterator[Any]:
        raise AssertionError("Python iterated a staged value")

    def __add__(self, other: Any) -> Wrapped:
        return Wrapped(self.value + plain(other))

    __radd__ = __add__

    def __mod__(self, other: Any) -> Wrapped:
        return Wrapped(self.value % plain(other))


def plain(value: Any) -> Any:
    if isinstance(value, Wrapped):
        return value.value
    return tuple(map(plain, value)) if isinstance(value, tuple) else value


class Tracing(Operators):
    """Computes with wrapped values, and keeps what it was asked; comparisons always give wrapped answers."""

    def __init__(self) -> None:
        self.log: list[Any] = []

    def stages(self, value: object) -> bool:
        return isinstance(value, Wrapped)

    def if_stmt(self, test: Any, body: Any, orelse: Any, state: Any, names: Any) -> Any:
        self.log.append(("if_stmt", names, self.stages(test)))
        return super().if_stmt(plain(test), body, orelse, state, names)

    def while_stmt(self, test: Any, body: Any, state: Any, names: Any) -> Any:
        self.log.append(("while_stmt", names))
        return super().while_stmt(lambda *values: plain(test(*values)), body, state, names)

    def for_stmt(self, iterable: Any, test: Any, body: Any, state: Any, names: Any) -> Any:
        self.log.append(("for_stmt", names, self.stages(iterable)))
        question = test and (lambda *values: plain(test(*values)))
        return super().for_stmt(plain(iterable), question, body, state, names)

    def if_exp(self, test: Any, body: Any, orelse: Any) -> Any:
        self.log.append(("if_exp",))
        return super().if_exp(plain(test), body, orelse)

    def and_(self, left: Any, right: Any) -> Any:
        self.log.append(("and_",))
        return right() if plain(left) else left

    def or_(self, left: Any, right: Any) -> Any:
        self.log.append(("or_",))
        return left if plain(left) else right()

    def not_(self, operand: Any) -> Any:
        self.log.append(("not_",))
        return Wrapped(not plain(operand))

    def compare(self, symbol: str, left: Any, right: Any) -> Any:
        self.log.append(("compare", symbol))
        return Wrapped(super().compare(symbol, plain(left), plain(right)))

    def aug_assign(self, symbol: str, target: Any, value: Any) -> Any:
        self.log.append(("aug_assign", symbol))
        return super().aug_assign(symbol, target, value)


class ForcedTracing(Tracing):
    inline: ClassVar[bool] = False


BOTH = pytest.mark.parametrize("kind", [Tracing, ForcedTracing])


def loops(x: Any, n: int) -> Any:
    total, w = 0, None
    for i in range(n):
        for j in range(3):
            if x < i:
                if j == 2:
                    break
                continue
            total = total + x
            if total > 50:
                return total, i, j
        else:
            total = total + 1
        y = 1 if total < 3 else 2
        total = total + y
        w = (x < 4 and total) or x < 2 < total <= 9
    while total > 3:
        total = total + -1
        if total > 1000:
            break
    else:
        return "else", total, w
    return total, w


def closures(x: Any, n: int) -> Any:
    total = 0

    def add(z: Any) -> None:
        nonlocal total
        total += z

    for q in (1, 2, n):
        add(q)
        if x > q:
            add(x)
            break
    return total


def chain(x: Any, n: int) -> Any:
    if n == 1:
        y = "plain"
    elif x == 1:
        y = "one"
    elif x == 2:
        return "two"
    elif not x == 3:
        y = "more"
    else:
        del n
        y = "three"
    return y, n


def unbound(x: Any, n: int) -> Any:
    if n:
        y = 1
    return x > 1 and y


def matched(x: Any, n: int) -> Any:
    for i in range(3):
        match n:
            case 0:
                continue
            case _:
                if x > i:
                    break
    return i


def branch_temporaries(x: Any, n: int) -> Any:
    if x > n:
        temporary = x + 1
        result = temporary + temporary
    else:
        other = n
        result = other + 1
    return result


def recursive(x: Any, n: int) -> Any:
    if x < 1:
        return n
    return recursive(x + -1, n + 1) + 1


class Counter:
    def __init__(self, start: int) -> None:
        self.count = start

    def up(self, x: Any) -> int:
        while x > self.count:
            self.count += 1
        return self.count


class Loud(Counter):
    def up(self, x: Any) -> int:
        if x > 100:
            return 100
        return super().up(x)


def methods(x: Any, n: int) -> Any:
    return Loud(n).up(x)


PROGRAMS: list[Callable[[Any, int], Any]] = [
    loops, closures, chain, unbound, matched, branch_temporaries, recursive, methods,
]  # fmt: skip


def outcome(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return plain(function(*arguments))
    except (UnboundLocalError, NameError) as error:
        return type(error), str(error)


@BOTH
@pytest.mark.parametrize("program", PROGRAMS)
def test_staged_values_reach_operators_and_answer_as_plain_ones(
    program: Callable[[Any, int], Any], kind: type[Tracing]
) -> None:
    fired = 0
    for x in range(6):
        for n in range(4):
            operators = kind()
            expected = outcome(program, x, n)
            assert outcome(virtualize(program, operators), Wrapped(x), n) == expected, (x, n)
            fired += len(operators.log)
    assert fired


@BOTH
def test_a_staged_iterable_reaches_the_operator(kind: type[Tracing]) -> None:
    def total(xs: Any) -> int:
        result = 0
        for x in xs:
            if x == 3:
                break
            result += x
        else:
            return -result
        return result

    for xs in ([], [1, 2], [1, 3, 5]):
        operators = kind()
        assert plain(virtualize(total, operators)(Wrapped(xs))) == total(xs)
        assert operators.log[0][0] == "for_stmt"
        assert operators.log[0][2]


@BOTH
def test_names_that_only_a_branch_needs_are_not_in_the_state(kind: type[Tracing]) -> None:
    operators = kind()
    virtualize(branch_temporaries, operators)(Wrapped(1), 0)
    assert [entry for entry in operators.log if entry[0] == "if_stmt"] == [("if_stmt", ("result",), True)]


@BOTH
def test_a_join_may_give_new_values_for_every_name(kind: type[Tracing]) -> None:
    class Joining(kind):  # type: ignore[misc, valid-type]
        def if_stmt(self, test: Any, body: Any, orelse: Any, state: Any, names: Any) -> Any:
            pairs = zip(body(*state), orelse(*state), strict=True)
            return tuple(one if one is two else Wrapped((plain(one), plain(two))) for one, two in pairs)

    def program(x: Any) -> Any:
        y = z = 1
        if x:
            y = y + 1
        else:
            z = z + 10
        return y, z

    assert plain(virtualize(program, Joining())(Wrapped(0))) == ((2, 1), (1, 11))


@BOTH
def test_an_operator_sees_the_users_line(kind: type[Tracing]) -> None:
    places = []

    class Looking(kind):  # type: ignore[misc, valid-type]
        def compare(self, symbol: str, left: Any, right: Any) -> Any:
            # This test's file is the user's, so the operator's own frame is passed over by hand.
            from snek_core_transform.place import place_of_frame

            frame = sys._getframe(1)
            while frame.f_code.co_filename != __file__ or "compare" in frame.f_code.co_name:
                frame = frame.f_back  # type: ignore[assignment]
            places.append(place_of_frame(frame))
            return True

    def program(x: Any) -> Any:
        return [1, (x <= 3)]

    virtualize(program, Looking())(Wrapped(1))
    place = places[0]
    assert place.text[place.column : place.end_column] == "x <= 3"
    assert user_place() is not None


def in_assert(x: Any) -> Any:
    assert x


def in_match(x: Any) -> Any:
    match x:
        case 1:
            return 1


def in_comprehension(x: Any) -> Any:
    return [1 for _ in x]


def in_comprehension_condition(x: Any) -> Any:
    return [1 for _ in range(3) if x]


def in_generator(x: Any) -> Any:
    def steps() -> Iterator[int]:
        while x:
            yield 1

    return list(steps())


def in_coroutine(x: Any) -> Any:
    async def wait() -> int:
        if x:
            await asyncio.sleep(0)
        return 1

    return asyncio.run(wait())


def in_class(x: Any) -> Any:
    class Inner:
        if x:
            pass

    return Inner


def in_finally(x: Any) -> Any:
    try:
        pass
    finally:
        if x:
            return 1


def with_walrus(x: Any) -> Any:
    return x and (y := 1) and y


REFUSED = [
    (in_assert, "x"), (in_match, "x"), (in_comprehension, "x"), (in_comprehension_condition, "x"),
    (in_generator, "x"), (in_coroutine, "x"), (in_class, "x"), (in_finally, "x"),
]  # fmt: skip


@BOTH
@pytest.mark.parametrize(("program", "text"), REFUSED, ids=lambda value: getattr(value, "__name__", value))
def test_a_staged_value_is_refused_with_a_caret_where_there_is_no_operator(
    program: Callable[..., Any], text: str, kind: type[Tracing]
) -> None:
    with pytest.raises(UnsupportedSyntax) as caught:
        virtualize(program, kind())(Wrapped([1]))
    place = caught.value.place
    assert place.filename == __file__
    assert place.text[place.column : place.end_column] == text
    assert caught.value.offset == place.column + 1


@BOTH
def test_a_walrus_in_an_operand_keeps_its_meaning_or_is_refused(kind: type[Tracing]) -> None:
    assert virtualize(with_walrus, kind())(2) == 1
    with pytest.raises(UnsupportedSyntax):
        virtualize(with_walrus, kind())(Wrapped(1))


def test_inline_code_refuses_a_staged_value_where_it_cannot_leave_the_frame() -> None:
    def program(x: Any) -> int:
        try:
            if x:
                return 1
        finally:
            pass
        return 2

    assert virtualize(program, ForcedTracing())(Wrapped(0)) == 2
    with pytest.raises(UnsupportedSyntax, match="inline=False"):
        virtualize(program, Tracing())(Wrapped(0))


def test_calls_go_to_an_operator_set_that_wants_them() -> None:
    seen = []

    class Calls(Tracing):
        def call(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
            seen.append(function)
            return super().call(function, *args, **kwargs)

    def program(x: Any) -> Any:
        return max(x, abs(-1), key=functools.partial(int))

    assert virtualize(program, Calls())(3) == 3
    assert seen == [abs, functools.partial, max]


def test_unwanted_groups_stay_as_they_are() -> None:
    class LoopsOnly(ForcedTracing):
        groups: ClassVar[frozenset[str]] = frozenset({"loop"})

    def program(n: int) -> Any:
        for i in range(n):
            if i > 2 and not i < 3:
                return i
        return None

    operators = LoopsOnly()
    assert [plain(virtualize(program, operators)(n)) for n in (2, 9)] == [None, 3]
    assert {entry[0] for entry in operators.log} <= {"for_stmt", "not_"}
