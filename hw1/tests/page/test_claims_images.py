"""Claims about networks on images, C6 to C8 and C10, on made-up frames whose answer is known."""

import math

import numpy as np
import pytest

from analysis.claims.statement import FOR, Verdict
from hw1.studies.parameters import claims as size
from hw1.tests.page import claim_frames
from hw1.tests.page.claim_frames import FIRST, N, counts, effects, noise, verdicts
from hw1.tests.page.conftest import Sweep
from hw1.tests.page.shown import studies

HOLDS, SMALL, SAME, OPPOSITE, OPEN = Verdict.HOLDS, Verdict.SMALL, Verdict.SAME, Verdict.OPPOSITE, Verdict.OPEN


def _labels(slower: float) -> Sweep:
    def final(fraction: float, seed: int) -> dict[str, object]:
        return {"n_steps": 20 * (slower if fraction == 1 else 1) + noise(seed, int(4 * fraction))}

    return claim_frames.corrupted(final)


def test_c6_both_ways() -> None:
    right = claim_frames.together(claim_frames.memorised(-0.5, lambda t: t), _labels(2))
    assert verdicts(right, "C6") == [HOLDS] * 4
    wrong = claim_frames.together(claim_frames.memorised(0.5, lambda t: -t), _labels(0.5))
    assert verdicts(wrong, "C6") == [OPPOSITE] * 4


def test_c6_is_mixed_where_the_test_loss_rises_only_at_first_and_open_in_what_was_not_run() -> None:
    sweep = claim_frames.memorised(-0.5, lambda t: np.minimum(t, 0.25))
    assert verdicts(sweep, "C6") == [OPEN, HOLDS, HOLDS, SAME]


def _sizes(*, widens: bool, first: bool, again: float = 1.0) -> Sweep:
    """Gaps that widen or close; a test loss that is done at the third of ten widths, or only at the last one.

    `again`: how many times the others' least test loss the largest network's is.
    """

    def final(place: int, seed: int) -> dict[str, float]:
        wide = 0.02 * (place if widens else 9 - place) + 0.002 * noise(seed, place)
        settles = min(place, 2 if first else 9) / (2 if first else 9)
        other = min(place, 9 if first else 2) / (9 if first else 2)
        test, train_accuracy = (1 - 0.5 * settles) * (again if place == 9 else 1), 0.5 + 0.3 * other
        return {
            "test_loss": test,
            "train_loss": test - 0.05 - wide,
            "train_accuracy": train_accuracy,
            "test_accuracy": train_accuracy - wide,
        }

    return claim_frames.sizes(final)


def test_c7_both_ways() -> None:
    sweep = _sizes(widens=True, first=True)
    assert verdicts(sweep, "C7") == [HOLDS] * 4 + [SAME]
    assert verdicts(_sizes(widens=False, first=True), "C7")[:2] == [OPPOSITE] * 2
    assert verdicts(_sizes(widens=True, first=False), "C7")[2] is SAME
    lost = sweep.manifest.loc[(sweep.manifest["seed"] == FIRST + 3) & (sweep.manifest["n_params"] > 2e5), "run_id"]
    assert counts(sweep.less(lost.iloc[:1]), "C7") == [N - 1] * 5


@pytest.mark.parametrize(("again", "verdict"), [(1.3, HOLDS), (1.05, SMALL), (0.5, OPPOSITE)])
def test_c7_overfitting_is_a_test_loss_that_rises_again(again: float, verdict: Verdict) -> None:
    sweep = _sizes(widens=True, first=True, again=again)
    assert verdicts(sweep, "C7")[4] is verdict
    assert 10 ** effects(sweep, "C7")[4] == pytest.approx(again)


def test_c7_knows_the_slope_and_where_a_curve_settles() -> None:
    sweep = claim_frames.sizes(lambda place, _: {"train_loss": 0.0, "test_loss": [9, 5, 1][min(place, 2)]})
    of = studies(*sweep)["parameters"]
    n_params = sorted(of.expected["n_params"].unique())
    np.testing.assert_allclose(size.settled(of, "test_loss"), math.log10(n_params[2]))
    np.testing.assert_allclose(size.settled(of, "train_loss"), math.log10(n_params[0]))
    expected = np.polyfit(np.log10(n_params), [9, 5, *[1] * 8], 1)[0]
    np.testing.assert_allclose(size.widening(of, "test_loss", "train_loss"), expected)


def _lines(*, dip: float, beyond: float, rates: float | None = None) -> Sweep:
    """Paths of accuracy 0.9, less a dip between the ends (another with different rates), and so much beyond end 2."""

    def accuracy(batches: bool, seed: int, alpha: np.ndarray) -> np.ndarray:
        lost = dip if batches or rates is None else rates
        between = lost * (1 + 0.1 * noise(seed, 1)) * ((alpha > 0.02) & (alpha < 0.95))
        return 0.9 + 1e-3 * noise(seed) - between - beyond * (alpha > 1.1)

    return claim_frames.lines(accuracy)


def test_c8_and_c10_both_ways() -> None:
    right, wrong = _lines(dip=0.002, beyond=0.5), _lines(dip=0.2, beyond=-0.05)
    assert (verdicts(right, "C8"), verdicts(right, "C10")) == ([HOLDS] * 4, [OPPOSITE])
    assert verdicts(wrong, "C10") == [HOLDS]
    assert verdicts(wrong, "C8")[::2] == [OPPOSITE] * 2
    assert not {*verdicts(wrong, "C8")[1::2]} & {*FOR}


def test_c8_tells_the_pairs_apart_and_leaves_out_a_pair_that_the_sweep_does_not_have() -> None:
    sweep = _lines(dip=0.2, beyond=0.5, rates=0.002)
    assert verdicts(sweep, "C8") == [OPPOSITE, HOLDS, HOLDS, HOLDS]
    alone = sweep.manifest[sweep.manifest["batch_size_1"] != sweep.manifest["batch_size_2"]]
    assert verdicts(Sweep(alone, sweep.tables), "C8") == [OPPOSITE, HOLDS]
