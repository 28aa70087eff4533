"""Intervals, tests and the correction, on samples whose answer is known."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.claims import statistics
from analysis.claims.statistics import holm, mean_interval, of_mean, sign_flip, student_quantile

_SAMPLES = st.lists(st.integers(-50, 50), min_size=1, max_size=7)


@given(_SAMPLES)
def test_the_chance_of_a_sample_is_its_share_of_all_sign_patterns(values: list[int]) -> None:
    patterns = [sum(s * v for s, v in zip(signs, values, strict=True)) for signs in _patterns(len(values))]
    expected = sum(total >= sum(values) for total in patterns) / len(patterns)
    assert sign_flip(np.array(values, float)) == expected


def _patterns(n: int) -> list[tuple[int, ...]]:
    return list(itertools.product((1, -1), repeat=n))


def test_seeds_that_all_agree_have_the_least_chance_and_their_opposite_none() -> None:
    assert sign_flip(np.arange(1.0, 9)) == 1 / 256
    assert sign_flip(-np.arange(1.0, 9)) == 1
    assert sign_flip(np.arange(1.0, 21)) == pytest.approx(5e-5)


def test_exact_and_drawn_sign_patterns_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = np.random.default_rng(3).normal(0.4, 1, 12)
    exact = sign_flip(sample)
    monkeypatch.setattr(statistics, "_MAX_EXACT", 0)
    statistics._signs.cache_clear()
    try:
        assert sign_flip(sample) == pytest.approx(exact, abs=0.01)
    finally:
        statistics._signs.cache_clear()


@pytest.mark.parametrize(
    ("chances", "corrected"),
    [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.5, 0.9], [1.0, 1.0]),
        ([0.02], [0.02]),
        ([0.01, math.nan, 0.02], [0.02, math.nan, 0.02]),
        ([], []),
    ],
)
def test_holm_multiplies_by_what_is_left_to_test_and_never_falls(chances: list[float], corrected: list[float]) -> None:
    np.testing.assert_allclose(holm(np.array(chances, float)), corrected)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_rejects_between_what_bonferroni_and_no_correction_do(chances: list[float]) -> None:
    raw = np.array(chances)
    corrected = holm(raw)
    assert (corrected >= raw).all()
    assert (corrected <= np.minimum(1, len(raw) * raw)).all()
    assert (np.diff(corrected[np.argsort(raw, kind="stable")]) >= 0).all()


@pytest.mark.parametrize(("freedom", "quantile"), [(4, 2.776), (7, 2.365), (9, 2.262), (19, 2.093)])
def test_quantiles_of_t_are_those_of_the_tables(freedom: int, quantile: float) -> None:
    assert student_quantile(0.975, freedom) == pytest.approx(quantile, rel=3e-3)


@pytest.mark.parametrize(("n", "coverage"), [(5, 0.920), (8, 0.940), (20, 0.949)])
def test_intervals_hold_the_mean_as_often_as_their_docstring_says(n: int, coverage: float) -> None:
    rng = np.random.default_rng(n)
    held = [low <= 0 <= high for low, high in (mean_interval(rng.standard_normal(n)) for _ in range(1000))]
    assert np.mean(held) == pytest.approx(coverage, abs=0.02)


def test_intervals_are_close_to_those_of_t_for_many_normal_seeds() -> None:
    sample = np.random.default_rng(0).normal(3, 2, 60)
    half = 2.001 * sample.std(ddof=1) / math.sqrt(60)
    np.testing.assert_allclose(mean_interval(sample), (sample.mean() - half, sample.mean() + half), atol=0.1)


def test_few_seeds_have_an_effect_but_neither_interval_nor_test() -> None:
    evidence = of_mean(np.array([1.0, 2, 3, 6]), 1)
    assert (evidence.effect, evidence.n_seeds) == (3, 4)
    assert all(math.isnan(v) for v in (evidence.low, evidence.chance_of_none, evidence.chance_of_enough))
    assert math.isnan(of_mean(np.empty(0), 1).effect)


def test_the_same_sample_gives_the_same_evidence() -> None:
    sample = np.random.default_rng(5).standard_normal(15)
    assert of_mean(sample, 0.1) == of_mean(sample.copy(), 0.1)
