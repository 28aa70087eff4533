"""A printed number's place beside our seeds."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw1.published.status import MIN_SEEDS, TOLERANCE, Scale, Status, centre, distance, status

_LOSSES = st.lists(st.floats(1e-3, 10), min_size=MIN_SEEDS, max_size=12)
_ENOUGH = [0.9, 1.0, 1.0, 1.1, 1.2]


def _status(printed: float, values: list[float], scale: Scale = Scale.LOSS, decimals: int = 4) -> Status:
    return status(scale, printed, np.array(values, dtype=float), decimals=decimals)


@given(_LOSSES, st.floats(0, 1))
def test_a_value_among_the_seeds_is_inside_however_many_there_are(values: list[float], share: float) -> None:
    inside = min(values) + share * (max(values) - min(values))
    assert _status(inside, values) is Status.INSIDE


@given(_LOSSES)
def test_a_value_far_beyond_all_seeds_is_outside(values: list[float]) -> None:
    far = 1 + 2.1 * TOLERANCE[Scale.LOSS]
    assert _status(max(values) * far + 1e-4, values) is Status.OUTSIDE
    assert _status(min(values) / far - 1e-4, values) is Status.OUTSIDE


def test_with_enough_seeds_a_value_outside_their_range_is_close_at_best() -> None:
    assert _status(1.26, _ENOUGH) is Status.OUTSIDE
    assert _status(0.87, _ENOUGH) is Status.CLOSE
    assert _status(1.05, [1.0] * MIN_SEEDS) is Status.CLOSE


def test_near_the_centre_of_few_seeds_is_close_and_no_more() -> None:
    assert _status(1.09, [1.0]) is Status.CLOSE
    assert _status(1.19, [1.0]) is Status.CLOSE
    assert _status(1.21, [1.0]) is Status.OUTSIDE
    assert _status(1 / 1.19, [1.0]) is Status.CLOSE
    assert _status(1 / 1.21, [1.0]) is Status.OUTSIDE


def test_the_range_counts_for_few_seeds_too() -> None:
    assert _status(2.9, [1.0, 3.0]) is Status.INSIDE


def test_the_range_is_widened_by_what_printing_rounds_away() -> None:
    tight = [0.00104] * MIN_SEEDS
    assert _status(0.0010, tight, decimals=4) is Status.INSIDE
    assert _status(0.0010, tight, decimals=5) is Status.CLOSE


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (0.9909, Status.CLOSE),
        (0.9918, Status.CLOSE),
        (0.9882, Status.CLOSE),
        (0.9922, Status.OUTSIDE),
        (0.9878, Status.OUTSIDE),
    ],
)
def test_accuracies_are_compared_in_points(printed: float, expected: Status) -> None:
    assert _status(printed, [0.990], Scale.ACCURACY) is expected


def test_counts_must_be_equal_in_every_seed() -> None:
    assert _status(571, [571, 571], Scale.COUNT, 0) is Status.INSIDE
    assert _status(571, [571, 572], Scale.COUNT, 0) is Status.OUTSIDE


def test_a_yes_or_no_goes_by_how_many_seeds_agree() -> None:
    assert _status(1, [1, 1, 0], Scale.YES_NO, 0) is Status.INSIDE
    assert _status(1, [1, 0], Scale.YES_NO, 0) is Status.CLOSE
    assert _status(1, [0, 0], Scale.YES_NO, 0) is Status.OUTSIDE
    assert _status(0, [0, 0], Scale.YES_NO, 0) is Status.INSIDE


def test_without_values_there_is_no_status() -> None:
    with pytest.raises(ValueError, match="`values` must hold a value per seed, got none"):
        _status(1, [])


def test_one_seed_on_a_plateau_moves_a_median_less_than_a_mean() -> None:
    values = np.array([1e-3, 1e-3, 1e-3, 6e-2])
    assert centre(Scale.DECADES, values) == pytest.approx(1e-3)
    assert centre(Scale.LOSS, values) == pytest.approx(15.75e-3)


def test_distances_are_symmetric_and_infinite_to_zero() -> None:
    assert distance(Scale.LOSS, 1.0, 1.5) == distance(Scale.LOSS, 1.5, 1.0) == pytest.approx(0.5)
    assert distance(Scale.LOSS, 0.0, 1.0) == math.inf
    assert distance(Scale.LOSS, 0.0, 0.0) == 0
    assert distance(Scale.ACCURACY, 0.5, 0.6) == pytest.approx(0.1)
