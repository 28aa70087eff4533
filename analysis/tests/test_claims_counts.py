"""Counts of runs: exact intervals leave out the truth as seldom as they say, by enumeration."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.claims import page
from analysis.claims.counts import Agreement, Counted, difference, share
from analysis.claims.judge import Judgement, judged
from analysis.claims.statement import Claim, Statement, Verdict
from analysis.frames import Results

LEVEL = 0.05


@pytest.mark.parametrize(("n_met", "n"), [(0, 10), (3, 10), (10, 10), (949, 1000), (3, 1000)])
def test_a_share_s_interval_is_clopper_s_and_pearson_s(n_met: int, n: int) -> None:
    low, high = share(n_met, n, LEVEL)
    wanted = stats.binomtest(n_met, n).proportion_ci(1 - LEVEL, method="exact")
    assert (low, high) == pytest.approx((wanted.low, wanted.high), abs=1e-9)


def test_each_side_of_a_difference_s_interval_leaves_out_the_truth_as_seldom_as_it_says() -> None:
    n, n_2 = 12, 9
    bounds = {
        each: difference(each[0], n, each[1], n_2, level=LEVEL) for each in itertools.product(range(13), range(10))
    }
    worst = 0.0
    for one, other in itertools.product(np.linspace(0.02, 0.98, 13), repeat=2):
        chances = np.outer(stats.binom.pmf(range(13), n, one), stats.binom.pmf(range(10), n_2, other))
        for side, outside in enumerate((np.greater, np.less)):
            missed = sum(chances[each] for each, found in bounds.items() if outside(found[side], one - other))
            worst = max(worst, missed)
    assert 0.03 < worst <= LEVEL


def test_shares_close_to_none_or_to_all_have_narrow_differences() -> None:
    for counts in ((949, 1000, 236, 250), (51, 1000, 14, 250)):
        low, high = difference(*counts, level=LEVEL)
        assert -0.05 < low < 0 < high < 0.05


def test_a_thousand_runs_each_tell_shares_apart_that_differ_by_ten_points_and_no_others() -> None:
    within = Agreement(0.06)
    near, far, between = (within.interval(np.array([[n, 1000, 585, 1000]], float), LEVEL) for n in (590, 700, 620))
    assert near.low > 0
    assert far.high < 0
    assert between.low < 0 < between.high
    assert (near.effect, near.n, near.n_for) == (pytest.approx(0.055), 1000, None)
    assert within.interval(np.empty(0), LEVEL).n == 0


def test_all_of_many_runs_are_more_than_99_in_100_of_them() -> None:
    many, few = (Counted(0.99).interval(np.array([[n, n]], float), LEVEL) for n in (1000, 100))
    assert many.low > 0 > few.low
    assert (many.n, many.n_for, many.effect) == (1000, 1000, pytest.approx(0.01))
    assert Counted(0.99).continued(np.array([[50, 100]], float), 10).tolist() == [[5, 10]]


def _judged(counts: list[int], *, each: bool) -> Judgement:
    """A claim of one statement a count of 1,000, each of which was 585 before."""
    statements = tuple(
        Statement(
            words=str(n),
            effect=lambda _, n=n: np.array([[n, 1000, 585, 1000]], float),
            unit="points",
            matters=0.0,
            weighed=Agreement(0.06),
        )
        for n in counts
    )
    manifest = pd.DataFrame(
        [{"run_id": "a", "study": "s", "smoke": False, "kind": "k", "fields": ("seed",), "seed": 0}]
    )
    found = Results(manifest, {"runs": pd.DataFrame({"run_id": ["a"]})})
    claim = Claim(name="C", words="", study="s", statements=statements, each=each)
    return judged(found, [claim], 1)[0]


def test_statements_that_each_count_share_the_level_until_they_are_settled() -> None:
    alone = _judged([607], each=True)
    together, uncorrected = (_judged([607] * 5, each=each) for each in (True, False))
    after_clear_ones = _judged([585 + 115] * 4 + [607], each=True)
    assert alone.verdict is Verdict.HOLDS
    assert uncorrected.verdict is Verdict.HOLDS
    assert together.verdict is Verdict.OPEN
    assert [each.verdict for each in after_clear_ones.statements] == [Verdict.OPPOSITE] * 4 + [Verdict.HOLDS]


def test_a_claim_whose_statements_each_count_says_how_many_hold_and_which_does_not_and_the_page_says_the_rule() -> None:
    some, every = _judged([585, 700, 585], each=True), _judged([585, 580], each=True)
    assert page.told(some).startswith("2 of 3 statements hold; not yet or not so: 700: ")
    assert page.told(every) == "2 of 2 statements hold"
    (rules,) = page.notes(1, [some])[1:]
    assert "Each statement of C is told for itself, by Holm's method" in rules
    assert "Holm" not in "".join(page.notes(1, [_judged([585], each=False)]))
    assert page.detail(some, {})["measures"] == []
