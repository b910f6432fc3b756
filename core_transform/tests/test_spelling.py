import pytest

from snek_core_transform.errors import UsageError
from snek_core_transform.spelling import Spelling

IMPORTS = {"math": "math", "np": "numpy"}


@pytest.mark.parametrize(
    ("signature", "expression", "problem"),
    [
        ("exp(x", "math.exp(x)", "not Python"),
        ("exp(x)", "math.exp(x", "not Python"),
        ("exp(x): pass\ndef g()", "math.exp(x)", "not Python"),
        ("exp()", "", "not Python"),
        ("1exp(x)", "math.exp(x)", "dotted name"),
        ("exp x", "math.exp(x)", "dotted name"),
        ("exp(*x)", "math.exp(x)", r"\* or \*\*"),
        ("exp(**x)", "math.exp(x)", r"\* or \*\*"),
        ("exp(x)", "math.pi", "exactly once"),
        ("exp(x)", "math.pow(x, x)", "exactly once"),
        ("exp(x)", "math.exp(y)", r"neither parameters nor imports|exactly once"),
        ("exp(x)", "torch.exp(x)", "neither parameters nor imports"),
        ("exp(math)", "math", "like an import"),
        ("exp(x, y)", "x if y else 0", "IfExp"),
        ("exp(x, y)", "x and y", "BoolOp"),
        ("exp(x)", "lambda: x", "Lambda"),
        ("exp(x)", "[x for _ in math.pi]", "Comp"),
        ("exp(x, y)", "0 < x < y", "Compare"),
        ("pi", "pi", "neither parameters nor imports"),
    ],
)
def test_a_bad_row_is_refused_and_named(signature, expression, problem):
    with pytest.raises(UsageError, match=problem) as caught:
        Spelling("broken", IMPORTS, {signature: expression})
    assert repr(signature) in str(caught.value)
    assert "'broken'" in str(caught.value)


def test_a_name_is_an_attribute_or_a_function():
    with pytest.raises(UsageError, match="both an attribute and a function"):
        Spelling("broken", IMPORTS, {"pi": "math.pi", "pi(x)": "math.exp(x)"})


@pytest.mark.parametrize("name", ["two words", "class", "a.b"])
def test_an_import_name_is_an_identifier(name):
    with pytest.raises(UsageError, match="identifier"):
        Spelling("broken", {name: "math"}, {})


def test_signatures_of_one_name_stay_in_order():
    spelling = Spelling("good", IMPORTS, {"log(x, /)": "math.log(x)", "log(x, b, /)": "math.log(x, b)"})
    assert [str(row.signature) for row in spelling.table["log"]] == ["(x, /)", "(x, b, /)"]


def test_near_names_come_best_first():
    spelling = Spelling("good", IMPORTS, {f"{name}(x)": f"math.{name}(x)" for name in ("exp", "expm1", "sqrt")})
    assert spelling.near("exmp1") == ["expm1", "exp"]
    assert spelling.near("zzz") == []
