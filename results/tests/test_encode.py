"""Values become Arrow arrays as they are, or not at all."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.encode import encoded

_REALS = st.floats(allow_nan=False)
_CASES = [
    (pa.float64(), _REALS | st.none()),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1) | st.none()),
    (pa.bool_(), st.booleans() | st.none()),
    (pa.string(), st.text() | st.none()),
    (pa.list_(pa.float64()), st.lists(_REALS) | st.none()),
    (pa.list_(pa.float32()), st.lists(st.floats(width=32, allow_nan=False)) | st.none()),
]


@pytest.mark.parametrize(("type_", "values"), _CASES)
def test_values_come_back(type_: pa.DataType, values: st.SearchStrategy[Any]) -> None:
    @given(st.lists(values))
    def come_back(given_values: list[Any]) -> None:
        array = encoded(given_values, type_)
        array.validate(full=True)
        assert array.type == type_
        assert array.to_pylist() == given_values

    come_back()


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (pa.int64(), 1.0),
        (pa.int64(), True),
        (pa.int64(), 2**63),
        (pa.int64(), "1"),
        (pa.float64(), "1"),
        (pa.float64(), True),
        (pa.float64(), 1j),
        (pa.bool_(), 1),
        (pa.string(), 1),
        (pa.string(), b"1"),
        (pa.list_(pa.float64()), 1.0),
        (pa.list_(pa.float64()), ["1"]),
        (pa.list_(pa.float64()), [[1.0]]),
    ],
)
@pytest.mark.parametrize("others", [[], [None]])
def test_another_type_is_refused(type_: pa.DataType, value: object, others: list[None]) -> None:
    with pytest.raises(TypeError, match="got "):
        encoded([*others, value], type_)


def test_whole_numbers_stand_for_reals() -> None:
    assert encoded([1, None, 2.5], pa.float64()).to_pylist() == [1.0, None, 2.5]
    assert encoded(np.arange(3), pa.float64()).to_pylist() == [0.0, 1.0, 2.0]


def test_a_view_with_strides_is_copied() -> None:
    assert encoded(np.arange(6.0).reshape(3, 2)[:, 1], pa.float64()).to_pylist() == [1.0, 3.0, 5.0]
