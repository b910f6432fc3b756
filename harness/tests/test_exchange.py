from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from snek_harness.exchange import read_values, write_values


@pytest.mark.parametrize(
    "value",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.array(2.5),
        np.zeros((0, 3), np.int8),
        np.float32(1.5),
        np.int64(-3),
        np.bool_(True),
        np.array([1 + 2j], np.complex64),
        True,
        7,
        float("inf"),
        1 + 2j,
        "text",
        None,
        (1, [np.ones(2), {"k": np.float64(1)}], ()),
        {1: (2,), "a": None},
    ],
    ids=repr,
)
def test_values_come_back_with_type_dtype_and_shape(tmp_path: Path, value: object):
    path = tmp_path / "values.npz"
    write_values(path, value)
    assert same(read_values(path), value)


@pytest.mark.parametrize("value", [object(), np.array([object()]), {1, 2}], ids=["object", "object array", "set"])
def test_what_would_need_a_pickle_is_refused(tmp_path: Path, value: object):
    with pytest.raises(TypeError, match="array"):
        write_values(tmp_path / "values.npz", value)


def same(left: object, right: object) -> bool:
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray | np.generic):
        assert isinstance(right, np.ndarray | np.generic)
        return left.dtype == right.dtype and left.shape == right.shape and np.array_equal(left, right)
    if isinstance(left, list | tuple):
        assert isinstance(right, list | tuple)
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        assert isinstance(right, dict)
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    return left == right
