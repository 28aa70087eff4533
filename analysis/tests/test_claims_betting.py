"""Bets against a share: fair at every look, by enumeration and by SciPy."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from analysis.claims.betting import fewest, grown, least, share_above

SHARES = (0.1, 0.3, 1 / 2, 0.8)
_N = 16


def _ever(level: float, share: float, odds: float, n_looks: int) -> float:
    """The exact chance that the stake grows to 1/level at any look, if a share `odds` of all seeds meet it."""
    living, rich = {0: 1.0}, 0.0
    for n in range(1, n_looks + 1):
        stepped: dict[int, float] = {}
        for k, chance in living.items():
            stepped[k + 1] = stepped.get(k + 1, 0.0) + chance * odds
            stepped[k] = stepped.get(k, 0.0) + chance * (1 - odds)
        enough = least(n, share, level)
        rich += sum(stepped.pop(k) for k in list(stepped) if enough is not None and k >= enough)
        living = stepped
    return rich


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("level", [0.05, 0.00125])
def test_the_stake_ever_reaches_one_over_the_level_with_at_most_that_chance(share: float, level: float) -> None:
    for odds in (share, share / 2):
        assert _ever(level, share, odds, n_looks=200) <= level


def test_that_chance_is_the_share_of_all_sequences_of_16_tosses() -> None:
    level = 0.05
    tosses = np.array(list(itertools.product((0, 1), repeat=_N)), dtype=np.int8).cumsum(axis=1)
    ever = np.zeros(len(tosses), bool)
    for n in range(1, _N + 1):
        ever |= np.array([grown(k, n, 1 / 2) >= -math.log(level) for k in range(n + 1)])[tosses[:, n - 1]]
    assert ever.mean() <= level
    assert ever.mean() == pytest.approx(_ever(level, 1 / 2, 1 / 2, _N), abs=1e-12)


@given(st.integers(0, 60), st.data(), st.sampled_from(SHARES), st.floats(0.01, 1))
def test_the_next_seed_makes_the_stake_no_larger_on_average_where_the_share_is_no_larger_than_stated(
    n: int, data: st.DataObject, share: float, part: float
) -> None:
    k, odds = data.draw(st.integers(0, n)), part * share
    now = math.exp(grown(k, n, share))
    then = odds * math.exp(grown(k + 1, n + 1, share)) + (1 - odds) * math.exp(grown(k, n + 1, share))
    assert then <= now * (1 + 1e-9)
    if part == 1:
        assert then == pytest.approx(now)


@pytest.mark.parametrize(("k", "n"), [(0, 0), (0, 4), (3, 4), (4, 4), (15, 20), (20, 20), (30, 60)])
@pytest.mark.parametrize("share", SHARES)
def test_the_stake_is_the_bets_mean(k: int, n: int, share: float) -> None:
    def bet(p: float) -> float:
        return float((p / share) ** k * ((1 - p) / (1 - share)) ** (n - k))

    even = integrate.quad(bet, share, 1, epsabs=0)[0] / (1 - share)
    assert math.exp(grown(k, n, share)) == pytest.approx(0.2 * even + 0.8 * (k == n) * share**-n, rel=1e-6)


@pytest.mark.parametrize("share", SHARES)
def test_the_stake_by_scipys_beta_for_many_seeds(share: float) -> None:
    for n in (100, 400):
        k = np.arange(n)
        beta = stats.beta(k + 1, n - k + 1)
        log_likelihood = k * math.log(share) + (n - k) * math.log1p(-share)
        log_beta = -stats.binom.logpmf(k, n, share) + log_likelihood - math.log(n + 1)
        expected = math.log(0.2) + beta.logsf(share) + log_beta - log_likelihood - math.log1p(-share)
        finite = np.isfinite(expected)
        assert finite[int(share * n) :].all()
        found = np.array([grown(each, n, share) for each in k])
        np.testing.assert_allclose(found[finite], expected[finite], atol=1e-6)


@pytest.mark.parametrize("share", SHARES)
def test_more_seeds_that_meet_it_never_shrink_the_stake_nor_does_a_smaller_share(share: float) -> None:
    for n in (5, 20, 300):
        stakes = [grown(k, n, share) for k in range(n + 1)]
        assert stakes == sorted(stakes)
        above = [k for k in range(n + 1) if k / n >= share]
        assert all(grown(k, n, 0.9 * share) >= grown(k, n, share) for k in above)


@pytest.mark.parametrize("level", [0.05, 0.025, 0.00125])
def test_least_is_the_first_number_that_suffices_and_each_further_seed_asks_for_at_most_one_more(level: float) -> None:
    needed = [least(n, 1 / 2, level) for n in range(1, 120)]
    for n, k in enumerate(needed, start=1):
        enough = [grown(met, n, 1 / 2) >= -math.log(level) for met in range(n + 1)]
        assert enough == [k is not None and met >= k for met in range(n + 1)]
    known = [k for k in needed if k is not None]
    assert None not in needed[needed.index(known[0]) :]
    assert set(np.diff(known)) <= {0, 1}
    assert all(
        least(n, 1 / 2, level / 2) is None or least(n, 1 / 2, level / 2) >= least(n, 1 / 2, level) for n in (9, 50)
    )  # type: ignore[operator]


def test_ten_of_ten_seeds_settle_one_of_21_claims_and_19_of_20_do() -> None:
    for n_claims in (19, 20, 21):
        level = 0.05 / n_claims
        assert fewest(level) == 10
        assert least(20, 1 / 2, level / 2) == 19
        assert stats.binom.sf(9, 10, 1 / 2) <= level / 2  # nor would fewer than nine do by the plain sign test
        assert stats.binom.sf(8, 9, 1 / 2) > level / 2 or n_claims < 21
    assert fewest(0.05) == 6


@given(st.integers(0, 40), st.data())
def test_share_above_is_the_edge_of_what_is_rejected(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    edge = share_above(k, n, 0.025)
    assert 0 <= edge <= (k / n if n else 0)
    if edge > 1e-6:
        assert grown(k, n, 0.999 * edge) >= math.log(40)
        assert grown(k, n, min(1.001 * edge, 0.5 + edge / 2)) < math.log(40)
    if k < n:
        assert edge <= share_above(k + 1, n, 0.025)


def test_looking_at_every_seed_costs_little_beside_one_exact_look() -> None:
    for k, n in ((10, 10), (19, 20), (60, 100)):
        exact = stats.beta.ppf(0.025, k, n - k + 1)  # Clopper and Pearson's bound
        assert 0.6 * exact < share_above(k, n, 0.025) < exact
