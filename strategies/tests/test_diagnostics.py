"""Every refusal has an id of the registry, and every id is explained and provoked."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
import pytest

import snek
import snek_strategies.staging
from snek_strategies.backends.backend import cannot_say
from snek_strategies.ir.syntax import Node
from snek_strategies.staging import verified
from snek_strategies.staging.diagnostics import DIAGNOSTICS, as_markdown, kind_of
from snek_strategies.staging.refusal import StagingStopped, refuse

f64 = np.float64
KEPT: set[object] = set()
TABLE = np.arange(4)
RATE = 2.0


class Fat(Exception):
    def __init__(self, text: str) -> None:
        super().__init__("fixed")
        self.text = text


def yields(x):
    def numbers():
        if x > 0:
            yield 1

    return list(numbers())


def needs_index(x):
    return (1, 2, 3)[x]


def leaves(x):
    keep = []

    def branch():
        keep.append(lambda: x * 2)

    return keep


def misfit(x):
    return x + np.ones(3)


def no_rule(x):
    return np.unwrap(x)


def slices(x, n):
    return x[:n]


def opens(x):
    open("nothing")
    return x


def draws(x):
    return x + np.random.rand()


def two_types(x):
    y = "a" if x > 0 else x
    return y


def bottomless(x):
    return bottomless(x - 1)


def keeps(x):
    if x > 0:
        KEPT.add(len(KEPT))
    return x


def grows(x):
    items = {"a": x}
    if x > 0:
        items["b"] = x
    return items


def views(a):
    b = a.T
    b += 1
    return a, b


def many(x):
    for one in "a string that is longer than sixteen":
        x = x + len(one)
    return x


def caught(n):
    try:
        return n**n
    except ValueError:
        return n


def fat(x):
    if x > 0:
        error = Fat("more")
        error.text = "other"
        raise error
    return x


def call_raises(x):
    if x > 0:
        [][0]
    return x


def gives_object(x):
    return object()


def doubled(x):
    return x * RATE


def in_place(a, b):
    a += 1
    return a + b


def stage(program: Callable[..., Any], *args: Any) -> Callable[[], object]:
    return lambda: snek.stage(program)(*args)


def without_source() -> object:
    scope: dict[str, Any] = {}
    exec("def f(x):\n    return x\n", scope)
    return snek.virtualize(scope["f"])


def used_late() -> object:
    kept: SimpleQueue[Any] = SimpleQueue()

    def program(x):
        kept.put(lambda: x + 1)
        return x

    snek.stage(program)(f64(1))
    return kept.get()()


def refuse_without_an_id() -> None:
    try:
        refuse("no id of its own")
    except StagingStopped as stopped:
        raise stopped.error from None


def back_end() -> None:
    raise cannot_say("some", Node((), "call", ()), "no calls")


def compiled_for_others() -> object:
    return snek.stage(doubled).trace(f64(1)).lower().compile()(np.ones(2))


def compiled_before_a_change() -> object:
    global RATE
    run = snek.stage(doubled).trace(f64(1)).lower().compile()
    RATE = 3.0
    try:
        return run(f64(1))
    finally:
        RATE = 2.0


def shared_memory() -> object:
    a = np.ones(4)
    return snek.stage(in_place)(a[1:], a[:-1])


def differs() -> object:
    return verified.verified(doubled, lambda given: f64(0), ((f64(1),), {}))


PROVOKING: dict[str, Callable[[], object]] = {
    "SNK0101": stage(yields, f64(1)),
    "SNK0102": without_source,
    "SNK0200": refuse_without_an_id,
    "SNK0201": stage(needs_index, np.int64(1)),
    "SNK0202": used_late,
    "SNK0203": stage(misfit, np.ones(2)),
    "SNK0204": stage(no_rule, np.ones((2, 2))),
    "SNK0205": stage(slices, np.ones(5), np.int64(2)),
    "SNK0206": stage(opens, f64(1)),
    "SNK0207": stage(draws, f64(1)),
    "SNK0208": stage(two_types, f64(1)),
    "SNK0209": stage(bottomless, f64(1)),
    "SNK0210": stage(keeps, f64(1)),
    "SNK0211": stage(grows, f64(1)),
    "SNK0212": stage(views, np.ones(3)),
    "SNK0213": stage(many, f64(1)),
    "SNK0214": stage(caught, np.array([2, 3])),
    "SNK0215": stage(fat, f64(1)),
    "SNK0216": stage(call_raises, f64(1)),
    "SNK0217": stage(gives_object, f64(1)),
    "SNK0218": lambda: snek.grad(gives_object)(f64(1)),
    "SNK0290": back_end,
    "SNK0301": compiled_for_others,
    "SNK0302": compiled_before_a_change,
    "SNK0303": shared_memory,
    "SNK0304": differs,
}


@pytest.mark.parametrize("code", DIAGNOSTICS)
def test_every_id_is_provoked(code: str) -> None:
    with pytest.raises(snek.SnekError) as caught:
        PROVOKING[code]()
    assert caught.value.code == code
    assert kind_of(code) in ("conversion", "staging", "run time")


@pytest.mark.parametrize(
    "code", [code for code in DIAGNOSTICS if kind_of(code) == "staging" and code not in ("SNK0290",)]
)
def test_staging_is_refused_in_the_users_file(code: str) -> None:
    with pytest.raises(snek.StagingError) as caught:
        PROVOKING[code]()
    assert caught.value.place is not None
    assert caught.value.place.filename == __file__
    assert any(code in note for note in caught.value.__notes__)


@pytest.mark.parametrize("code", [code for code, one in DIAGNOSTICS.items() if one.about])
def test_a_refusal_about_a_dynamic_value_says_since_when_and_from_which_argument(code: str) -> None:
    with pytest.raises(snek.SnekError) as caught:
        PROVOKING[code]()
    assert re.search(r"dynamic since line \d+, from argument `[axn]`", str(caught.value)), str(caught.value)
    assert ("what decides is" in str(caught.value)) == (DIAGNOSTICS[code].about == "choice")


def computed(x, n):
    if n > 1:
        y = x + 1
    z = y * 2
    return (1, 2, 3)[z]


def carried(n):
    at = 0
    while at < n:
        at = at + 1
        (1, 2, 3)[at]
    return at


def counts(x, n):
    for i in range(n):
        x = x + (1, 2, 3)[i]
    return x


def down(z, k):
    return (1, 2)[z] if z > 0 else down(z - 1, k)


def calls(x, n):
    return down(x * 2, n)


def two_arguments(pair, b):
    return {"a": 1}[pair[1] + b]


def from_outside(x, n):
    return (1, 2, 3)[np.take(TABLE, x)]


def one_dtype(x, n):
    y = (x + 1) > n
    if y:
        z = "text"
    else:
        z = x
    return z


def kept_beside(x, n):
    kept = SimpleQueue()
    if x > 0:
        y = x * n
        kept.put(lambda y=y: y)
    return kept.get()() + 1


ORIGINS: dict[Callable[..., Any], tuple[tuple[Any, ...], int, str]] = {
    computed: ((np.int64(1), 2), 3, "the value is dynamic since line {}, from argument `x`"),
    carried: ((np.int64(3),), 3, "the value is dynamic since line {}, from argument `n`"),
    counts: ((np.int64(1), snek.dynamic(3)), 1, "the value is dynamic since line {}, from argument `n`"),
    calls: ((np.int64(1), 2), 1, "the value is dynamic since line {}, from argument `x`"),
    two_arguments: (
        ([1, np.int64(2)], np.int64(3)), 1, "the value is dynamic since line {}, from arguments `pair`, `b`"
    ),
    from_outside: ((np.int64(1), 2), 1, "the value is dynamic since line {}, from argument `x`"),
    kept_beside: ((np.int64(1), np.int64(2)), 3, "the value is dynamic since line {}, from arguments `x`, `n`"),
    one_dtype: ((np.int64(1), np.int64(2)), 1, "what decides is dynamic since line {}, from arguments `n`, `x`"),
}  # fmt: skip


@pytest.mark.parametrize("program", ORIGINS, ids=lambda one: one.__name__)
def test_the_origin_of_a_value_is_the_line_that_made_it_dynamic(program: Callable[..., Any]) -> None:
    arguments, line, text = ORIGINS[program]
    with pytest.raises(snek.StagingError) as caught:
        snek.stage(program)(*arguments)
    assert str(caught.value).endswith(text.format(program.__code__.co_firstlineno + line)), str(caught.value)


def test_every_refusal_in_the_folder_names_an_id_of_the_registry() -> None:
    folder = Path(snek_strategies.staging.__file__).parent
    for file in sorted(folder.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if file.name in ("gradients.py", "refusal.py") or not isinstance(node, ast.Call):
                continue
            if getattr(node.func, "id", None) in ("refuse", "StagingError"):
                codes = [one.value.value for one in node.keywords if one.arg == "code"]  # type: ignore[attr-defined]
                assert [one for one in codes if one in DIAGNOSTICS] == codes != [], f"{file.name}:{node.lineno}"


def test_the_page_is_made_of_the_registry() -> None:
    page = Path(__file__).parents[2] / "docs" / "diagnostics.md"
    assert page.read_text() == as_markdown()
