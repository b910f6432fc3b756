import functools
import math

import pytest

from snek_core_transform.bind import bind
from snek_core_transform.errors import NoSource, UnsupportedSyntax
from snek_core_transform.spelling import Spelling

TABLE = Spelling(
    "stdlib",
    {"math": "math"},
    {
        "exp(x, /)": "math.exp(x)",
        "expm1(x, /)": "math.expm1(x)",
        "log(x, base=2, /)": "math.log(x, base)",
        "prod(values, /, *, start=1)": "math.prod(values, start=start)",
        "reduced(values, /, *, axis=None)": "math.fsum(values, axis=axis)",
        "swapped(a, b, /)": "math.pow(b, a)",
        "linalg.norm(x, y, /)": "math.hypot(x, y)",
        "pi": "math.pi",
    },
)


def refused(function, underlined, *said):
    """Check that binding is refused with a caret under `underlined`, and that the message says what it must."""
    with pytest.raises(UnsupportedSyntax) as caught:
        bind(function, TABLE)
    place = caught.value.place
    assert place.filename == __file__
    assert place.text[place.column : place.end_column] == underlined
    assert caught.value.lineno == place.line
    for words in said:
        assert words in str(caught.value)


def test_an_unknown_name_lists_near_names():
    def text(xp, x):
        return xp.exp1(x)

    refused(text, "xp.exp1", "xp.exp1", "stdlib", "expm1, exp")


def test_an_unknown_name_without_near_ones_lists_all():
    def text(xp, x):
        return xp.unheard_of(x)

    refused(text, "xp.unheard_of", "known names: exp, expm1, log, prod")


def test_an_unknown_name_in_a_part_of_the_namespace_is_named_whole():
    def text(xp, x):
        return xp.linalg.nrm(x)

    refused(text, "xp.linalg.nrm", "near names: linalg.norm")


def test_arguments_that_fit_no_row_are_refused_with_the_signature():
    def too_many(xp, x):
        return xp.exp(x, x)

    def keyword(xp, x):
        return xp.prod(x, begin=2)

    def nothing(xp, x):
        return xp.prod(x, start=None)

    refused(too_many, "xp.exp(x, x)", "too many positional arguments", "exp(x, /)")
    refused(keyword, "xp.prod(x, begin=2)", "'begin'", "prod(values, /, *, start=1)")
    refused(nothing, "xp.prod(x, start=None)", "'start' cannot be None")


def test_none_is_dropped_where_it_is_the_default():
    def text(xp, x):
        return xp.reduced(x, axis=None)

    with pytest.raises(TypeError):
        math.fsum([1.0], axis=None)
    assert bind(text, TABLE)([1.0, 2.0]) == 3.0


def test_starred_arguments_are_refused():
    def starred(xp, x):
        return xp.exp(*x)

    def named(xp, x):
        return xp.prod(**x)

    refused(starred, "xp.exp(*x)", "starred")
    refused(named, "xp.prod(**x)", "starred")


def test_effects_that_would_change_places_are_refused():
    def text(xp, f):
        return xp.swapped(f(), f())

    def attribute(xp, f, x):
        return xp.swapped(x, f())

    refused(text, "f()", "evaluates this argument before the others")
    refused(attribute, "f()", "evaluates this argument before the others")


def test_names_and_constants_may_change_places():
    def text(xp, f, x, y):
        return xp.swapped(x, y), xp.swapped(2, f()), xp.swapped(f(), xp.pi)

    assert bind(text, TABLE)(lambda: 3, 2, 5) == (25.0, 9.0, math.pi**3)


def test_a_function_that_is_no_plain_call_has_no_value():
    def text(xp, values):
        return map(xp.log, values)

    refused(text, "xp.log", "as a value", "math.log(x, base)")


def test_the_namespace_as_a_value_is_refused():
    def stored(xp, x):
        other = xp
        return other.exp(x)

    def in_a_list(xp, x):
        return [xp, x]

    def compared(xp, x):
        return xp is None

    def subscripted(xp, x):
        return xp[0]

    refused(stored, "xp", "used as a value")
    refused(in_a_list, "xp", "used as a value")
    refused(compared, "xp", "used as a value")
    refused(subscripted, "xp", "used as a value")


def test_rebinding_the_namespace_is_refused():
    def assigned(xp, x):
        xp = x
        return [xp]

    def imported(xp, x):
        import math as xp

        return xp.exp(x)

    def inner(xp, x):
        def change():
            nonlocal xp
            xp = x  # noqa: F841 - that it rebinds is what is tested

        return change

    def walrus(xp, x):
        return [xp := v for v in x]  # noqa: F841

    refused(assigned, "xp", "rebound")
    refused(imported, "import math as xp", "rebound")
    refused(inner, "nonlocal xp", "rebound")
    refused(walrus, "xp", "rebound")


def test_passing_the_namespace_to_what_cannot_be_bound_is_refused():
    def builtin(xp, x):
        return print(xp, x)

    def method(xp, x):
        return x.run(xp)

    def called(xp, x):
        return x()(xp)

    def local(xp, x):
        def inner(xp, y):
            return xp.exp(y)

        return inner(xp, x)

    def partial(xp, x):
        return PARTIAL(xp, x)

    def starred(xp, x):
        return takes_two(*x, xp)

    def too_far(xp, x):
        return takes_two(1, 2, xp)

    def by_the_wrong_name(xp, x):
        return takes_two(namespace=xp, x=x)

    refused(builtin, "print", "cannot be bound", "'print'")
    refused(method, "x", "local name")
    refused(called, "x()", "cannot be bound")
    refused(local, "inner", "local name", "reads 'xp' from the function around it")
    refused(partial, "PARTIAL", "cannot be bound")
    refused(starred, "takes_two(*x, xp)", "starred")
    refused(too_far, "takes_two(1, 2, xp)", "no parameter")
    refused(by_the_wrong_name, "takes_two(namespace=xp, x=x)", "no parameter")


def takes_two(xp, x):
    return xp.exp(x)


PARTIAL = functools.partial(takes_two)


def test_a_refusal_in_a_helper_points_into_the_helper():
    def text(xp, x):
        return bad_helper(xp, x)

    refused(text, "xp.unknown_here", "unknown_here")


def bad_helper(xp, x):
    return xp.unknown_here(x)


def test_reading_all_names_at_once_is_refused():
    def text(xp, x):
        return locals()

    def text_of_code(xp, x):
        return eval("xp")

    def own_name(xp, eval):  # noqa: A002 - that it shadows the builtin is what is tested
        return eval(1)

    refused(text, "locals()", "locals()")
    refused(text_of_code, 'eval("xp")', "eval()")
    assert bind(own_name, TABLE)(abs) == 1


def test_a_name_of_an_import_that_means_something_else_is_refused():
    def local(xp, x):
        math = x
        return xp.exp(math)

    def unused(xp, x):
        math = x
        return [math]

    def the_same(xp, x):
        return xp.exp(x) + math.pi

    refused(local, "math", "'math'", "rename it")
    assert bind(unused, TABLE)(1) == [1]
    assert bind(the_same, TABLE)(0.0) == 1 + math.pi


def test_what_depends_on_a_class_around_is_refused():
    class Model:
        def with_super(xp, x):
            return super().run(x)

        def private(xp, x):
            return x.__secret

        def plain(xp, x):
            return xp.exp(x)

    refused_method(Model.with_super)
    refused_method(Model.private)
    assert bind(Model.plain, TABLE)(0.0) == 1.0


def refused_method(function):
    with pytest.raises(UnsupportedSyntax, match="method"):
        bind(function, TABLE)


def test_a_lambda_is_refused():
    refused(lambda xp, x: xp.exp(x), "lambda xp, x: xp.exp(x)", "`def`")


def test_a_function_without_text_is_refused():
    namespace = {}
    exec("def text(xp, x):\n    return xp.exp(x)\n", namespace)
    with pytest.raises(NoSource, match="text"):
        bind(namespace["text"], TABLE)
