from __future__ import annotations

import numpy as np
import pytest

from snek_harness.checker import Tolerance, compare

CLOSE = Tolerance(relative=1e-4, absolute=1e-6)
RIGHT = (np.array([[1.0, 2.0], [3.0, 4.0]], np.float32), [np.int64(3), {"loss": np.float32(0.5)}])


def planted(**changes: object) -> object:
    parts = {"array": RIGHT[0], "count": RIGHT[1][0], "loss": RIGHT[1][1]["loss"]} | changes  # type: ignore[index]
    return (parts["array"], [parts["count"], {"loss": parts["loss"]}])


def test_the_same_result_agrees_and_has_no_error():
    found = compare(planted(), RIGHT, CLOSE)
    assert found.difference == ""
    assert found.largest_error == 0.0


def test_a_result_within_the_tolerance_agrees_and_its_largest_error_is_told():
    found = compare(planted(array=RIGHT[0] + np.float32(1e-4)), RIGHT, CLOSE)
    assert found.difference == ""
    assert found.largest_error == pytest.approx(1e-4, rel=0.01)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (planted(array=np.array([[1.0, 2.0], [3.001, 4.0]], np.float32)), "result[0][1, 0]: got 3.00"),
        (planted(array=RIGHT[0].ravel()), "result[0]: got shape (4,), expected (2, 2)"),
        (planted(array=RIGHT[0].astype(np.int32)), "result[0]: got dtype int32, expected float32"),
        (planted(array=RIGHT[0].astype(np.float64)), "result[0]: got dtype float64, expected float32"),
        (planted(array=np.full((2, 2), np.nan, np.float32)), "result[0][0, 0]: got nan, expected 1.0 (4 of 4"),
        (planted(array=np.full((2, 2), np.inf, np.float32)), "result[0][0, 0]: got inf, expected 1.0"),
        (planted(count=np.int64(4)), "result[1][0]: got 4, expected 3"),
        (planted(count=np.float64(3)), "result[1][0]: got dtype float64, expected int64"),
        (planted(count=None), "result[1][0]: got a NoneType, expected a number or an array"),
        (planted(loss=np.float32(0.6)), "result[1][1]['loss']: got 0.6"),
        (RIGHT[0], "result: got a ndarray, expected a sequence of 2"),
        ((RIGHT[0],), "result: got a sequence of 1, expected one of 2"),
        ((RIGHT[0], [np.int64(3), {"lost": np.float32(0.5)}]), "result[1][1]: got a dict, expected a dict with keys"),
    ],
    ids=str,
)
def test_a_planted_wrong_answer_is_caught_and_its_place_is_said(wrong: object, said: str):
    assert compare(wrong, RIGHT, CLOSE).difference.startswith(said)


def test_integers_agree_only_when_equal_whatever_the_tolerance():
    loose = Tolerance(relative=1.0, absolute=10.0)
    assert compare(np.array([1000]), np.array([1001]), loose).difference


def test_nan_agrees_with_nan_only_and_infinity_with_itself_only():
    special = np.array([np.nan, np.inf, -np.inf])
    assert compare(special, special.copy(), CLOSE).difference == ""
    assert compare(np.array([1.0]), np.array([np.nan]), CLOSE).difference
    assert compare(np.array([-np.inf]), np.array([np.inf]), CLOSE).difference
    assert compare(np.array([1e300]), np.array([np.inf]), Tolerance(0.1, 0.1)).difference


def test_against_the_oracle_the_width_may_differ_but_not_the_kind():
    oracle = np.array([1.0, 2.0])
    assert compare(oracle.astype(np.float32), oracle, CLOSE, exact_dtype=False).difference == ""
    assert compare(oracle.astype(np.int64), oracle, CLOSE, exact_dtype=False).difference


def test_a_python_scalar_has_a_kind_and_no_width():
    assert compare(np.int32(3), 3, CLOSE).difference == ""
    assert compare(3.0, 3, CLOSE).difference
    assert compare(True, 1, CLOSE).difference


def test_a_tuple_and_a_list_are_one_kind_of_sequence():
    assert compare([np.float32(1)], (np.float32(1),), CLOSE).difference == ""


def test_the_largest_error_is_over_all_leaves_even_after_a_difference():
    found = compare((np.float32(2), np.float32(9)), (np.float32(1), np.float32(1)), CLOSE)
    assert found.difference.startswith("result[0]")
    assert found.largest_error == 8.0
