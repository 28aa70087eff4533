"""Intervals: what they leave out is what is rejected, and how often they leave out the truth, by simulation."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.claims.betting import least, share_above
from analysis.claims.intervals import CORRELATION, MEDIAN, Share, at_every_look
from analysis.tests.simulated import DRAWS, EACH, bounds, correlations

LEVEL = 0.05
effects = st.lists(st.integers(-5, 5), min_size=0, max_size=40).map(lambda values: np.array(values, float))


@given(effects, st.sampled_from([LEVEL, EACH]))
def test_a_median_s_interval_is_every_value_that_no_bet_rejects(sample: np.ndarray, level: float) -> None:
    found = MEDIAN.interval(sample, level)
    enough = least(len(sample), 1 / 2, level / 2) or len(sample) + 1
    for candidate in np.arange(-6, 6.5, 0.5):
        above, below = (sample > candidate).sum(), (sample < candidate).sum()
        kept = above < enough and below < enough
        assert kept == (found.low <= candidate <= found.high)


@given(effects.filter(len))
def test_the_effect_is_the_sample_s_median_within_its_interval_and_seeds_for_it_are_those_above_0(
    sample: np.ndarray,
) -> None:
    found = MEDIAN.interval(sample, LEVEL)
    assert found.effect == np.median(sample)
    assert found.low <= found.effect <= found.high
    assert (found.n, found.n_for) == (len(sample), (sample > 0).sum())


@given(st.lists(st.tuples(st.integers(-5, 5), st.sampled_from(["known", "above", "below", "nothing"])), min_size=6))
def test_an_interval_of_cut_runs_holds_that_of_whatever_they_would_have_been(runs: list[tuple[int, str]]) -> None:
    whole = np.array([value for value, _ in runs], float)
    least_of = {"below": -np.inf, "nothing": -np.inf}
    greatest_of = {"above": np.inf, "nothing": np.inf}
    cut = np.array(
        [(least_of.get(kind, value - 1 * (kind != "known")), greatest_of.get(kind, value)) for value, kind in runs]
    )
    outer, inner = MEDIAN.interval(cut, LEVEL), MEDIAN.interval(whole, LEVEL)
    assert outer.low <= inner.low
    assert inner.high <= outer.high
    assert not math.isinf(outer.effect)


def test_a_sample_of_bounds_that_meet_is_one_of_effects() -> None:
    sample = np.random.default_rng(0).normal(size=15)
    assert MEDIAN.interval(np.column_stack([sample, sample]), LEVEL) == MEDIAN.interval(sample, LEVEL)


@given(st.integers(0, 60), st.data())
def test_a_share_s_interval_is_what_bets_on_either_side_leave(n: int, data: st.DataObject) -> None:
    met = data.draw(st.integers(0, n))
    found = Share(beyond=0.25).interval(np.repeat([1.0, 0.0], [met, n - met]), LEVEL)
    assert found.n == n
    if n:
        assert (found.n_for, found.effect) == (met, met / n - 0.25)
        assert found.low == share_above(met, n, LEVEL / 2) - 0.25
        assert found.high == pytest.approx(0.75 - share_above(n - met, n, LEVEL / 2))
        assert -0.25 <= found.low <= found.effect <= found.high <= 0.75


def test_none_of_77_runs_leaves_up_to_a_tenth_and_not_0_percent_alone() -> None:
    found = Share(beyond=0).interval(np.zeros(77), LEVEL)
    assert (found.low, found.effect) == (0, 0)
    assert 0.047 < found.high < 0.1  # Clopper and Pearson's, at one look, ends at 0.047


def test_correlation_is_spearman_s_whatever_the_scale_and_turns_its_sign_with_a_column() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=60)
    sample = np.column_stack([x, x + rng.normal(size=60)])
    found = CORRELATION.interval(sample, LEVEL)
    assert CORRELATION.interval(np.exp(sample), LEVEL) == found
    turned = CORRELATION.interval(sample * [1, -1], LEVEL)
    assert (turned.effect, turned.low, turned.high) == pytest.approx((-found.effect, -found.high, -found.low))
    assert -1 < found.low < found.effect < found.high < 1


def test_a_perfect_correlation_has_an_interval_and_few_or_equal_runs_have_none() -> None:
    line = np.column_stack([np.arange(50.0), np.arange(50.0)])
    assert 0.9 < CORRELATION.interval(line, LEVEL).low <= 1
    for sample in (line[:19], line * [1, 0], line[:0]):
        found = CORRELATION.interval(sample, LEVEL)
        assert math.isnan(found.effect)
        assert (found.low, found.high, found.n, found.n_for) == (-math.inf, math.inf, len(sample), None)


@pytest.mark.parametrize("n", [5, 8, 10, 20, 40])
@pytest.mark.parametrize("name", DRAWS)
def test_a_median_s_interval_leaves_out_the_median_no_more_often_than_its_level(name: str, n: int) -> None:
    samples = DRAWS[name](np.random.default_rng(n), (2000, n))
    low, high = bounds(samples, LEVEL)
    assert np.mean((low > 0) | (high < 0)) <= LEVEL
    for sample, one, other in zip(samples[:20], low, high, strict=False):
        found = MEDIAN.interval(sample, LEVEL)
        assert (found.low, found.high) == (one, other)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5])
@pytest.mark.parametrize("n", [8, 20, 77])
def test_a_share_s_interval_leaves_out_the_share_no_more_often_than_its_level(share: float, n: int) -> None:
    each = [Share(beyond=share).interval(np.repeat([1.0, 0.0], [k, n - k]), LEVEL) for k in range(n + 1)]
    met = np.random.default_rng(n).binomial(n, share, 2000)
    assert np.mean([each[k].low > 0 or each[k].high < 0 for k in met]) <= LEVEL


@pytest.mark.parametrize("marginal", ["skewed", "rounded"])
@pytest.mark.parametrize("r", [0.0, 0.6])
def test_correlation_s_approximate_interval_covers_at_every_look_together(marginal: str, r: float) -> None:
    """Looked at after 20, 30, 50, 100 and 200 runs; the truth is the correlation of many runs. Rounding makes ties."""
    rng = np.random.default_rng(3)

    def drawn(*shape: int) -> np.ndarray:
        x, noise = rng.normal(size=(2, *shape))
        return np.stack(
            [np.exp(x) if marginal == "skewed" else x.round(), r * x + math.sqrt(1 - r**2) * noise], axis=-1
        )

    truth = CORRELATION.interval(drawn(100_000), LEVEL).effect
    samples = drawn(1000, 200)
    wrong = np.zeros(1000, bool)
    for n in (20, 30, 50, 100, 200):
        low, high = correlations(samples[:, :n], LEVEL)
        wrong |= (low > truth) | (high < truth)
        found = CORRELATION.interval(samples[0, :n], LEVEL)
        assert (low[0], high[0]) == pytest.approx((found.low, found.high))
    assert wrong.mean() <= LEVEL


@given(effects.filter(lambda sample: len(sample) >= 2), st.integers(1, 300))
def test_a_continued_sample_looks_like_the_sample(sample: np.ndarray, n: int) -> None:
    more = MEDIAN.continued(sample, n)
    assert more.shape == (n, 2)
    assert set(more.ravel()) <= set(sample)
    whole = MEDIAN.continued(sample, 5 * len(sample))
    assert np.array_equal(whole[:, 0], np.repeat(np.sort(sample), 5))
    shares = Share().continued((sample > 0).astype(float), n)
    assert abs(shares.mean() - (sample > 0).mean()) <= 1 / n
    pairs = CORRELATION.continued(np.column_stack([sample, sample]), n)
    assert len(pairs) == n


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=45), st.sampled_from([0.05, 0.0025]))
def test_with_more_seeds_an_interval_only_shrinks_so_that_no_verdict_is_taken_back(
    effects: list[float], level: float
) -> None:
    sample = np.array(effects)
    looks = [at_every_look(MEDIAN, sample[:n], level) for n in range(1, len(sample) + 1)]
    for before, after in itertools.pairwise(looks):
        contradicted = not before.low <= after.low <= after.high <= before.high
        assert not contradicted or _nothing_is_left(sample, level)


def _nothing_is_left(sample: np.ndarray, level: float) -> bool:
    each = [MEDIAN.interval(sample[:n], level) for n in range(1, len(sample) + 1)]
    return max(look.low for look in each) > min(look.high for look in each)


def test_ten_of_ten_seeds_stay_settled_when_the_eleventh_disagrees() -> None:
    sample = np.array([*range(1, 11), -5.0])
    assert MEDIAN.interval(sample, 0.05 / 19).low == -5
    assert at_every_look(MEDIAN, sample, 0.05 / 19).low == 1
