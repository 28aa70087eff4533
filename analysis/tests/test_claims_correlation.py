"""Rank correlations whose answer is known."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.claims import correlation
from analysis.claims.correlation import of_correlation, permutation

_RUNS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=9)


@given(_RUNS, st.integers(0, 1000))
def test_resamples_by_counting_are_those_of_the_runs_drawn(runs: list[tuple[int, int]], seed: int) -> None:
    sample = np.array(runs, float)
    counts = np.random.default_rng(seed).multinomial(len(runs), np.full(len(runs), 1 / len(runs)))
    drawn = pd.DataFrame(np.repeat(sample, counts, axis=0)).rank()
    for column, ranks in enumerate(drawn):
        found = correlation._ranks(sample[:, column], counts[None])[0]
        np.testing.assert_allclose(np.repeat(found, counts), drawn[ranks])
    expected = drawn[0].corr(drawn[1]) if (np.ptp(drawn, axis=0) > 0).all() else math.nan
    np.testing.assert_allclose(correlation._rank_correlation(sample, counts[None]), [expected], atol=1e-12)


def _pair(n: int, strength: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n)
    return np.column_stack([x, strength * x + rng.standard_normal(n)])


def test_a_rank_correlation_is_that_of_ranks_and_does_not_mind_a_monotone_change() -> None:
    sample = _pair(60, 1.5)
    ranks = np.argsort(np.argsort(sample, axis=0), axis=0)
    evidence = of_correlation(sample, 0.3)
    assert evidence.effect == pytest.approx(np.corrcoef(ranks.T)[0, 1])
    assert evidence.low < evidence.effect < evidence.high
    assert of_correlation(np.exp(sample), 0.3) == evidence
    assert evidence.chance_of_none < 1e-3
    assert evidence.chance_of_enough > 0.5


def test_a_correlation_the_other_way_is_not_as_large_as_matters() -> None:
    evidence = of_correlation(_pair(60, -1.5), 0.3)
    assert evidence.effect < 0
    assert evidence.high < 0.3
    assert evidence.chance_of_enough < 1e-3
    assert evidence.chance_of_none > 0.5


@pytest.mark.parametrize("sample", [_pair(19, 2.0), np.column_stack([np.zeros(40), np.arange(40.0)]), np.empty(0)])
def test_too_few_or_constant_runs_are_not_tested_for_correlation(sample: np.ndarray) -> None:
    assert math.isnan(of_correlation(sample, 0.3).chance_of_none)


def test_unrelated_columns_look_related_as_often_as_the_level_says() -> None:
    rejected = [permutation(_pair(20, 0, seed)) <= 0.05 for seed in range(300)]
    assert 0.02 <= np.mean(rejected) <= 0.085
