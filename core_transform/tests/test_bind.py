import inspect
import math
import traceback
from types import FunctionType

import pytest

from snek_core_transform.bind import bind, source
from snek_core_transform.errors import UsageError
from snek_core_transform.line_map import line_map, origin
from snek_core_transform.spelling import Spelling

TABLE = Spelling(
    "stdlib",
    {"math": "math", "op": "operator"},
    {
        "exp(x, /)": "math.exp(x)",
        "log(x, /)": "math.log(x)",
        "log(x, base, /)": "math.log(x, base)",
        "prod(values, /, *, start=1)": "math.prod(values, start=start)",
        "scaled(x, exponent=3, /)": "math.ldexp(x, exponent)",
        "length(items, /)": "op.length_hint((*items,))",
        "swapped(a, b, /)": "math.pow(b, a)",
        "next(x, /)": "x + 1",
        "linalg.norm(x, y, /)": "math.hypot(x, y)",
        "pi": "math.pi",
    },
)
SCALE = 2.0


def body(function: object) -> str:
    """Return the last line of the bound text."""
    return source(bind(function, TABLE)).splitlines()[-1].strip()


def test_a_call_is_written_with_the_rows_expression():
    def text(xp, x):
        return xp.exp(-x) + xp.log(x, 2) * xp.linalg.norm(x, xp.pi)

    assert body(text) == "return math.exp(-x) + math.log(x, 2) * math.hypot(x, math.pi)"
    assert bind(text, TABLE)(0.5) == math.exp(-0.5) + math.log(0.5, 2) * math.hypot(0.5, math.pi)


def test_a_default_leaves_with_its_keyword_or_is_written_out():
    def text(xp, x):
        return xp.prod(x), xp.prod(x, start=3), xp.scaled(x[0]), xp.scaled(x[0], 1)

    assert body(text) == "return (math.prod(x), math.prod(x, start=3), math.ldexp(x[0], 3), math.ldexp(x[0], 1))"


def test_precedence_is_kept():
    def text(xp, x):
        return xp.next(x if x else 1) * 3

    assert body(text) == "return ((x if x else 1) + 1) * 3"


def test_a_list_is_written_as_a_tuple_where_the_row_spreads_it():
    def text(xp, x):
        return xp.length([x, x]), xp.length(x)

    assert body(text) == "return (op.length_hint((x, x)), op.length_hint((*x,)))"


def test_a_plain_call_can_be_a_value():
    def text(xp, values):
        return [*map(xp.exp, values)]

    assert body(text) == "return [*map(math.exp, values)]"


def test_only_the_imports_that_the_text_uses_are_printed():
    def text(xp, x):
        return xp.exp(x)

    def pure(xp, x):
        return x + 1

    assert "import math\n" in source(bind(text, TABLE))
    assert "operator" not in source(bind(text, TABLE))
    assert "import" not in source(bind(pure, TABLE))


def test_inner_scopes_see_the_namespace_unless_they_shadow_it():
    def text(xp, values):
        def inner(x, f=xp.exp):
            return xp.exp(x) + f(x)

        def shadowing(xp):
            return xp.real

        class Holder:
            one = xp.exp(1.0)

        logs = [xp.log(v) for v in values if xp.exp(v) > 0]
        shadowed = [xp.real for xp in values]
        return inner(1.0), shadowing(2.0), Holder.one, logs, shadowed, (lambda y: xp.log(y))(3.0), (lambda xp: xp)(4)

    bound = bind(text, TABLE)
    one = math.exp(1.0)
    assert bound([1.0, 2.0]) == (2 * one, 2.0, one, [0.0, math.log(2.0)], [1.0, 2.0], math.log(3.0), 4)


def helper(xp, x, *, power=1):
    return xp.exp(x * power)


def even(xp, n):
    return xp.exp(0.0) if n == 0 else odd(xp, n - 1)


def odd(xp, n):
    return 0.0 if n == 0 else even(n=n - 1, xp=xp)


def test_a_function_that_takes_the_namespace_is_bound_too():
    def text(xp, x):
        return helper(xp, x, power=2)

    bound = bind(text, TABLE)
    assert "def helper(x, *, power=1):\n    return math.exp(x * power)" in source(bound)
    assert "return helper(x, power=2)" in source(bound)
    assert bound(0.5) == math.exp(1.0)


def test_recursion_and_mutual_recursion_are_bound_once():
    bound = bind(even, TABLE)
    assert source(bound).count("def even") == source(bound).count("def odd") == 1
    assert (bound(4), bound(5)) == (1.0, 0.0)


def test_a_local_function_can_recurse_through_its_cell():
    def power(xp, b, n):
        return xp.exp(0.0) if n == 0 else b * power(xp, b, n - 1)

    assert bind(power, TABLE)(3.0, 4) == 81.0


def test_two_helpers_of_one_name_get_two_names():
    def make(offset):
        def step(xp, x):
            return xp.exp(x) + offset

        return step

    first, second = make(1.0), make(2.0)

    def text(xp, x):
        step = 10
        return first(xp, x), second(xp, x), step

    bound = bind(text, TABLE)
    assert "def step_2(x)" in source(bound)
    assert "def step_3(x)" in source(bound)
    assert bound(0.0) == (2.0, 3.0, 10)


def test_the_original_stays_what_a_name_means_where_it_is_a_value():
    def text(xp, x):
        return helper(xp, x), helper

    value, other = bind(text, TABLE)(0.0)
    assert value == 1.0
    assert other is helper


def test_globals_and_cells_are_live(monkeypatch):
    offset = 1.0

    def text(xp, x):
        nonlocal offset
        offset += 1.0
        return xp.exp(x) * SCALE + offset

    bound = bind(text, TABLE)
    assert bound(0.0) == 4.0
    assert offset == 2.0
    monkeypatch.setitem(globals(), "SCALE", 10.0)
    assert bound(0.0) == 13.0
    assert bound.__globals__ is globals()
    assert "op" not in globals()


def test_a_helper_of_another_module_keeps_its_own_globals():
    there = {"__name__": "there", "FACTOR": 5.0}
    borrowed = FunctionType(scaled.__code__, there, "scaled")

    def text(xp, x):
        return borrowed(xp, x)

    assert bind(text, TABLE)(0.0) == 5.0


FACTOR = 1.0


def scaled(xp, x):
    return xp.exp(x) * FACTOR


def test_parameters_defaults_and_annotations_are_kept():
    def text(xp: object, x: float, n: int = 2, /, *args: float, key: str = "k", **rest: int) -> float:
        """What it does."""
        return x, n, args, key, rest

    text.mark = 1
    bound = bind(text, TABLE)
    assert str(inspect.signature(bound)) == (
        "(x: float, n: int = 2, /, *args: float, key: str = 'k', **rest: int) -> float"
    )
    assert (bound.__name__, bound.__qualname__, bound.__doc__) == ("text", text.__qualname__, "What it does.")
    assert (bound.__module__, bound.mark) == (__name__, 1)
    assert bound(1.0, 3, 4.0, key="x", more=5) == (1.0, 3, (4.0,), "x", {"more": 5})


def test_a_default_of_the_namespace_goes_with_it():
    def text(xp=None, x=1.0, y=2.0):
        return xp.exp(x - y)

    def keyword_only(x, *, xp=None, y=3.0):
        return xp.exp(x - y)

    def outer(xp, x):
        return keyword_only(x, xp=xp)

    assert bind(text, TABLE)(2.0) == 1.0
    assert bind(outer, TABLE)(3.0) == 1.0


def test_names_of_inner_functions_are_those_of_the_user():
    def text(xp):
        class Inner:
            pass

        return Inner.__qualname__, (lambda: xp.pi).__qualname__

    home = "test_names_of_inner_functions_are_those_of_the_user.<locals>.text.<locals>."
    assert bind(text, TABLE)() == (home + "Inner", home + "<lambda>")


def test_generators_and_coroutines_stay_what_they_are():
    def generator(xp, n):
        for k in range(n):
            yield xp.exp(k)

    async def coroutine(xp, x):
        return xp.exp(x)

    assert list(bind(generator, TABLE)(2)) == [1.0, math.exp(1)]
    assert inspect.iscoroutinefunction(bind(coroutine, TABLE))


def test_inspect_reads_the_bound_text():
    def text(xp, x):
        # a comment
        return xp.exp(x)

    bound = bind(text, TABLE)
    assert inspect.getsource(bound) == "def text(x):\n    return math.exp(x)\n"
    filename = bound.__code__.co_filename
    assert filename.startswith("<snek text stdlib ")
    assert filename.endswith(">")


def test_binding_twice_gives_the_same_text_and_name():
    first, second = bind(even, TABLE), bind(even, TABLE)
    assert first is not second
    assert source(first) == source(second)
    assert first.__code__.co_filename == second.__code__.co_filename


def test_lines_lead_back_to_the_users_file():
    def text(xp, x):
        y = (
            x
            + 1
        )  # fmt: skip
        if y > 0:
            y = xp.log(y)
        elif y < 0:
            y = xp.exp(y)
        return helper(xp, y)

    bound = bind(text, TABLE)
    lines = source(bound).splitlines()
    here = text.__code__.co_firstlineno
    for written, offset in {
        "def text(x):": 0, "y = x + 1": 1, "y = math.log(y)": 6, "elif y < 0:": 7, "y = math.exp(y)": 8,
        "return helper(y)": 9,
    }.items():  # fmt: skip
        number = next(n for n, line in enumerate(lines, 1) if line.strip() == written)
        place = origin(bound.__code__.co_filename, number)
        assert (place.filename, place.line) == (__file__, here + offset)
    inside = next(n for n, line in enumerate(lines, 1) if "x * power" in line)
    assert origin(bound.__code__.co_filename, inside).line == helper.__code__.co_firstlineno + 1
    assert origin(bound.__code__.co_filename, 1) is None
    assert origin(__file__, 1) is None
    assert not line_map("no such file")


def test_a_traceback_shows_the_bound_line():
    def text(xp, x):
        return xp.log(x)

    with pytest.raises(ValueError, match=r"domain|positive") as caught:
        bind(text, TABLE)(-1.0)
    frame = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (frame.line, frame.name) == ("return math.log(x)", "text")


def test_same_text_in_two_folders_has_two_names(tmp_path):
    bound = []
    for folder in ("a", "b"):
        file = tmp_path / folder / "text.py"
        file.parent.mkdir()
        file.write_text("def text(xp, x):\n    return xp.exp(x)\n")
        namespace = {"__name__": folder}
        exec(compile(file.read_text(), str(file), "exec"), namespace)
        bound.append(bind(namespace["text"], TABLE))
    names = [function.__code__.co_filename for function in bound]
    assert names[1] == names[0].replace(">", " 2>")
    assert [origin(name, 4).filename for name in names] == [str(tmp_path / f / "text.py") for f in ("a", "b")]


def test_a_deep_text_is_bound(tmp_path):
    terms = " + ".join(["xp.exp(x)"] * 500)
    file = tmp_path / "deep.py"
    file.write_text(f"def deep(xp, x):\n    return {terms}\n")
    namespace = {"__name__": "deep"}
    exec(compile(file.read_text(), str(file), "exec"), namespace)
    assert bind(namespace["deep"], TABLE)(0.0) == 500.0


@pytest.mark.parametrize("value", [math.exp, int, "text", lambda: 1])
def test_what_is_no_function_with_a_parameter_is_refused(value):
    with pytest.raises(UsageError, match="bind"):
        bind(value, TABLE)


def test_a_missing_module_is_named():
    def text(xp, x):
        return xp.exp(x)

    with pytest.raises(UsageError, match="no_such_module"):
        bind(text, Spelling("absent", {"native": "no_such_module"}, {"exp(x, /)": "native.exp(x)"}))
