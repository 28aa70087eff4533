"""Bands over seeds."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.bands import MAX_POINTS, MAX_RUN_POINTS, band, spread, thinned

_VALUES = arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 8)), elements=st.floats(-1e6, 1e6))


def _rows(values: np.ndarray) -> pd.DataFrame:
    n_seeds, n_points = values.shape
    seeds, steps = np.meshgrid(range(n_seeds), range(1, n_points + 1), indexing="ij")
    return pd.DataFrame({"run_id": seeds.ravel().astype(str), "step": steps.ravel(), "loss": values.ravel()})


@settings(max_examples=50)
@given(values=_VALUES.filter(lambda v: len(v) == 1))
def test_the_band_of_one_seed_is_the_line(values: np.ndarray) -> None:
    of_one = band(_rows(values), "step", "loss")
    for edge in (of_one.low, of_one.middle, of_one.high):
        np.testing.assert_array_equal(edge, values[0])


@settings(max_examples=50)
@given(values=_VALUES)
def test_on_common_steps_the_band_is_median_and_range_over_seeds(values: np.ndarray) -> None:
    of_all = band(_rows(values), "step", "loss")
    np.testing.assert_allclose(of_all.middle, np.median(values, axis=0), rtol=1e-12)
    np.testing.assert_array_equal(of_all.low, values.min(axis=0))
    np.testing.assert_array_equal(of_all.high, values.max(axis=0))
    assert of_all.n_seeds == len(values)


@settings(max_examples=50)
@given(values=_VALUES, seed=st.integers(0, 2**32 - 1))
def test_the_band_does_not_depend_on_the_rows_order(values: np.ndarray, seed: int) -> None:
    rows = _rows(values)
    shuffled = band(rows.sample(frac=1, random_state=seed), "step", "loss")
    np.testing.assert_array_equal(shuffled.middle, band(rows, "step", "loss").middle)


def test_a_run_that_ended_early_keeps_its_last_value() -> None:
    rows = pd.DataFrame({"run_id": list("aaabb"), "step": [1, 2, 3, 1, 2], "loss": [4.0, 2.0, 1.0, 8.0, 6.0]})
    of_both = band(rows, "step", "loss")
    np.testing.assert_array_equal(of_both.high, [8, 6, 6])
    np.testing.assert_array_equal(of_both.middle, [6, 4, 3.5])


def test_rows_without_a_value_are_left_out() -> None:
    rows = pd.DataFrame({"run_id": list("aab"), "step": [1, 2, 1], "loss": [3.0, np.nan, np.nan]})
    of_one = band(rows, "step", "loss")
    assert of_one.n_seeds == 1
    np.testing.assert_array_equal(of_one.x, [1])


def test_long_bands_are_thinned_but_keep_their_ends_and_single_runs_are_not_thinned() -> None:
    values = np.arange(6000.0).reshape(2, 3000)
    of_two = band(_rows(values), "step", "loss")
    assert len(of_two.x) == MAX_POINTS
    assert (of_two.x[0], of_two.x[-1]) == (1, 3000)
    assert len(band(_rows(values[:1]), "step", "loss").x) == 3000


@settings(max_examples=50)
@given(values=_VALUES.filter(lambda v: len(v) > 1))
def test_a_band_has_the_points_of_each_run_and_one_of_a_single_run_none(values: np.ndarray) -> None:
    runs = band(_rows(values), "step", "loss").runs
    assert [run[1].tolist() for run in runs] == values.tolist()
    assert band(_rows(values[:1]), "step", "loss").runs == ()


@settings(max_examples=50)
@given(n_points=st.integers(1, 5000), seed=st.integers(0, 2**32 - 1), spike=st.floats(1e-3, 1e3), at=st.floats(0, 1))
def test_a_thinned_run_keeps_its_ends_and_every_peak(n_points: int, seed: int, spike: float, at: float) -> None:
    y = np.random.default_rng(seed).random(n_points)
    y[round(at * (n_points - 1))] += 1 + spike
    run = np.stack([np.arange(n_points), y])
    fewer = thinned(run)
    assert fewer.shape[1] <= MAX_RUN_POINTS
    np.testing.assert_array_equal(fewer[:, [0, -1]], run[:, [0, -1]])
    assert (fewer[1].min(), fewer[1].max()) == (y.min(), y.max())
    np.testing.assert_array_equal(fewer, run[:, np.isin(run[0], fewer[0])])


def test_a_spread_reads_nothing_between_the_points() -> None:
    rows = pd.DataFrame({"run_id": list("abcd"), "n_params": [1, 2, 2, 3], "loss": [5.0, 1.0, 3.0, 9.0]})
    of_all = spread(rows, "n_params", "loss")
    np.testing.assert_array_equal(of_all.middle, [5, 2, 9])
    np.testing.assert_array_equal(of_all.low, [5, 1, 9])
    np.testing.assert_array_equal(of_all.high, [5, 3, 9])
    assert of_all.n_seeds == 2
    np.testing.assert_array_equal(np.hstack(of_all.runs), [[1, 2, 2, 3], [5, 1, 3, 9]])
