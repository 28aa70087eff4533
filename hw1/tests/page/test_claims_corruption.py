"""E9 on made-up runs whose answer is known, both ways."""

import math

import pytest

from analysis.claims.statement import Verdict
from hw1.tests.page import claim_frames
from hw1.tests.page.claim_frames import FIRST, N, counts, effects, judgement, noise, verdicts
from hw1.tests.page.conftest import Sweep

HOLDS, SAME, OPPOSITE, OPEN = Verdict.HOLDS, Verdict.SAME, Verdict.OPPOSITE, Verdict.OPEN
_RIGHT = {0.0: 20, 0.25: 100, 0.5: 90, 0.75: 80, 1.0: 60}
_WRONG = {0.0: 80, 0.25: 20, 0.5: 30, 0.75: 40, 1.0: 60}
_LEVEL = dict.fromkeys(_RIGHT, 100)


def _runs(epochs: dict[float, int], gap: float) -> Sweep:
    """Epochs of each fraction, and how much wider a gap is at fraction 1 than at 0."""

    def final(fraction: float, seed: int) -> dict[str, object]:
        blur = noise(seed, int(4 * fraction))
        n_epochs = min(150, round(epochs[fraction] * (1 + 0.02 * blur)))
        accuracies = {"train_accuracy": 0.9995, "test_accuracy": 0.9 - gap * fraction + 1e-5 * blur}
        return {"n_steps": n_epochs, "converged": n_epochs < 150, **accuracies}

    return claim_frames.corrupted(final)


def test_e9_both_ways() -> None:
    right = _runs(_RIGHT, gap=0.8)
    assert verdicts(right, "E9") == [HOLDS] * 4
    assert verdicts(_runs(_WRONG, gap=-0.04), "E9") == [HOLDS] + [OPPOSITE] * 3
    assert verdicts(_runs(_LEVEL, gap=0), "E9") == [HOLDS] + [SAME] * 3
    spared, slower, faster, gap = effects(right, "E9")
    assert spared == 0.5
    assert 10**slower == pytest.approx(3, rel=0.05)
    assert faster == pytest.approx(math.log10(100 / 60), abs=0.02)
    assert gap == pytest.approx(0.8, rel=0.01)


def test_one_fraction_that_is_cut_at_its_epochs_is_enough_that_not_every_one_is_fitted() -> None:
    found = judgement(_runs(_RIGHT | {0.5: 200}, gap=0.8), "E9").statements[0]
    assert (found.verdict, found.interval.effect) == (OPPOSITE, -0.5)


def test_a_seed_of_which_a_fraction_is_missing_is_left_out_and_seeds_that_were_looked_at_judge_only_in_part() -> None:
    sweep = _runs(_RIGHT, gap=0.8)
    lost = sweep.manifest.loc[(sweep.manifest["seed"] == FIRST) & (sweep.manifest["fraction"] == 0.5), "run_id"]
    assert counts(sweep.less(lost), "E9") == [N - 1] * 4
    seen = Sweep(sweep.manifest.assign(seed=sweep.manifest["seed"] - FIRST), sweep.tables)
    assert counts(seen, "E9") == [N, N - 8, N - 8, N]
