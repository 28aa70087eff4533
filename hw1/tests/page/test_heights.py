"""Barriers and rises, against what is known of simple lines."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw1.studies.barriers import heights

_ALPHA = np.linspace(0, 1, 11)
_values = st.lists(st.floats(-5, 5), min_size=11, max_size=11).map(np.array)


def test_the_height_of_a_hill_is_what_is_above_the_straight_line() -> None:
    hill = 0.4 * np.sin(np.pi * _ALPHA)
    assert heights.barrier(_ALPHA, 1 + hill, (1, 1)) == pytest.approx(0.4)
    assert heights.barrier(_ALPHA, 1 + 2 * _ALPHA + hill, (1, 3)) == pytest.approx(0.4)


def test_ends_of_unlike_quality_are_no_barrier_and_a_valley_is_none() -> None:
    assert heights.barrier(_ALPHA, 1 + 2 * _ALPHA, (1, 3)) == pytest.approx(0)
    assert heights.barrier(_ALPHA, 1 - np.sin(np.pi * _ALPHA), (1, 1)) == 0


def test_what_lies_beyond_the_ends_does_not_count() -> None:
    beyond = np.array([-1.0, *_ALPHA, 2.0])
    values = np.array([9.0, *np.ones(11), 9.0])
    assert heights.barrier(beyond, values, (1, 1)) == 0
    assert heights.rise(beyond, values) == 0


@given(values=_values)
def test_a_rise_is_the_largest_step_up_between_any_two_places(values: np.ndarray) -> None:
    slow = max(values[j] - values[i] for j in range(11) for i in range(j + 1))
    assert heights.rise(_ALPHA, values) == pytest.approx(slow)
    assert heights.rise(_ALPHA[::-1], values[::-1]) == pytest.approx(slow)


@given(values=_values)
def test_the_barrier_of_a_line_takes_its_own_ends_in_any_order_of_rows(values: np.ndarray) -> None:
    line = pd.DataFrame({"alpha": _ALPHA, "train_loss": values}).sample(frac=1, random_state=1)
    straight = values[0] + _ALPHA * (values[-1] - values[0])
    assert heights.of_line(line, line["train_loss"]) == pytest.approx(max(0, (values - straight).max()))
