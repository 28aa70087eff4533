"""E9 on made-up runs whose answer is known, both ways."""

import math

import numpy as np
import pytest

from analysis.claims.judge import judged
from analysis.claims.statement import Judgement, Verdict
from hw1.tests.page import claim_frames
from hw1.tests.page.conftest import Sweep
from hw1.tests.page.shown import BY_NAME, studies

E9 = BY_NAME["E9"]

HOLDS, FAILS, OPEN = Verdict.HOLDS, Verdict.FAILS, Verdict.OPEN
_N = 10


def _runs(*, missed: float, slower: float, gap: float, n: int = _N) -> Sweep:
    """Train error at fraction 1; how many times more epochs, and how much wider a gap, than at 0."""

    def final(fraction: float, seed: int) -> dict[str, object]:
        blur = np.random.default_rng((seed, int(4 * fraction))).uniform(-1, 1)
        train = 1 - (missed if fraction == 1 else 0.0005) * (1 + 0.1 * blur)
        return {
            "n_steps": round(200 * slower**fraction * (1 + 0.02 * blur)),
            "train_accuracy": train,
            "test_accuracy": train - 0.05 - gap * fraction + 1e-4 * blur,
            "converged": train >= 0.999,
        }

    return claim_frames.corrupted(n, final)


def _judged(sweep: Sweep) -> Judgement:
    return judged(studies(*sweep), [E9])[0]


def test_e9_both_ways() -> None:
    right, wrong = _runs(missed=0.0005, slower=3, gap=0.8), _runs(missed=0.3, slower=0.5, gap=-0.04)
    assert [s.verdict for s in _judged(right).statements] == [HOLDS] * 3
    assert [s.verdict for s in _judged(wrong).statements] == [FAILS] * 3


def test_e9_does_not_hold_where_nothing_changes_with_the_fraction() -> None:
    found = _judged(_runs(missed=0.0005, slower=1, gap=0))
    assert [s.verdict for s in found.statements] == [HOLDS, FAILS, FAILS]


def test_e9_s_growths_are_those_that_were_made() -> None:
    fits, slower, gap = _judged(_runs(missed=0.0005, slower=3, gap=0.8)).statements
    assert fits.effect == pytest.approx(0.0015, rel=0.1)
    assert 10**slower.effect == pytest.approx(3, rel=0.05)
    assert gap.effect == pytest.approx(0.8, rel=0.01)


def test_one_fraction_that_is_not_fitted_is_enough() -> None:
    assert _judged(_runs(missed=0.01, slower=3, gap=0.8)).verdict is Verdict.MIXED


def test_one_or_four_seeds_are_too_few() -> None:
    for n in (1, 4):
        found = _judged(_runs(missed=0.0005, slower=3, gap=0.8, n=n))
        assert {(s.verdict, s.n_seeds) for s in found.statements} == {(OPEN, n)}
        assert all(math.isnan(s.low) and s.effect >= s.matters for s in found.statements)


def test_a_seed_of_which_a_fraction_is_missing_is_left_out() -> None:
    sweep = _runs(missed=0.0005, slower=3, gap=0.8)
    lost = sweep.manifest.loc[(sweep.manifest["seed"] == 3) & (sweep.manifest["fraction"] == 0.5), "run_id"]
    assert {s.n_seeds for s in _judged(sweep.less(lost)).statements} == {_N - 1}
