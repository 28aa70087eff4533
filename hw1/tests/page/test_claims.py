"""The report's claims on made-up frames whose answer is known: as the report says, and the opposite."""

import math

import numpy as np
import pandas as pd
import pytest

from analysis.claims.intervals import Interval
from analysis.claims.statement import Verdict
from hw1.studies.minimal_ratio.alive import VARIANCE, is_alive
from hw1.tests.page import claim_frames
from hw1.tests.page.claim_frames import FIRST, N, counts, effects, judgement, noise, verdicts
from hw1.tests.page.conftest import Sweep
from hw1.tests.page.shown import BY_NAME

HOLDS, SIZE_OPEN, SMALL, SAME, OPPOSITE, OPEN, MIXED = (
    Verdict.HOLDS,
    Verdict.SIZE_OPEN,
    Verdict.SMALL,
    Verdict.SAME,
    Verdict.OPPOSITE,
    Verdict.OPEN,
    Verdict.MIXED,
)
_NEVER = math.inf
_F1 = {"deep": (1e-3, 200), "medium": (2e-3, 300), "shallow": (9e-3, 2900)}
_F1_NOT = {"deep": (9e-3, 2900), "medium": (7e-3, 2000), "shallow": (1e-3, 200)}
_F2 = {"deep": (0.10, True), "medium": (0.15, True), "shallow": (0.60, False)}
_F2_NOT = {"deep": (0.60, True), "medium": (0.15, True), "shallow": (0.10, True)}


@pytest.fixture(scope="module")
def right() -> Sweep:
    return claim_frames.fits(_F1, _F2)


def test_c1_holds_where_the_deeper_models_are_faster_and_better(right: Sweep) -> None:
    found = judgement(right, "C1")
    assert (found.verdict, [s.verdict for s in found.statements]) == (HOLDS, [HOLDS] * 4)
    deep, _, better, _ = (10**effect for effect in effects(right, "C1"))
    assert deep == pytest.approx(2924 / 224, rel=0.01)
    assert better == pytest.approx(9, rel=0.1)
    assert found.statements[0].finding == "deep reaches a loss of 0.01 after 224 iterations, shallow after 2,924"


def test_c1_and_c2_the_other_way() -> None:
    wrong = claim_frames.fits(_F1_NOT, _F2_NOT)
    assert verdicts(wrong, "C1") == [OPPOSITE] * 4
    assert judgement(wrong, "C1").verdict is OPPOSITE
    assert verdicts(wrong, "C2") == [OPPOSITE] * 3


def test_c1_is_mixed_where_they_are_faster_but_no_better() -> None:
    same = {"deep": (1e-3, 200), "medium": (1e-3, 300), "shallow": (1e-3, 900)}
    found = judgement(claim_frames.fits(same, _F2), "C1")
    assert (found.verdict, [s.verdict for s in found.statements]) == (MIXED, [HOLDS, HOLDS, SAME, SAME])


def test_c1_counts_a_run_that_was_cut_as_one_that_takes_longer_than_its_cap_and_two_as_nothing() -> None:
    """Against a shallow model that never gets there, the deep one is at least cap ÷ its own iterations sooner."""
    cut = claim_frames.fits({"deep": (1e-3, 200), "medium": (1e-3, _NEVER), "shallow": (9e-3, _NEVER)}, _F2)
    deep, medium = judgement(cut, "C1").statements[:2]
    assert deep.verdict is HOLDS
    assert 10**deep.interval.low == pytest.approx(20_000 / 229)
    assert math.isinf(deep.interval.high)
    assert deep.finding == "deep reaches a loss of 0.01 after 224 iterations, shallow after more than 20,000"
    assert medium.verdict is OPEN
    assert (medium.interval.low, medium.interval.high, medium.interval.n) == (-math.inf, math.inf, N)
    assert verdicts(cut, "C9") == [HOLDS]


def test_c2_both_models_are_worse_and_the_shallow_one_never_converges(right: Sweep) -> None:
    assert verdicts(right, "C2") == [HOLDS, HOLDS, HOLDS]
    never = judgement(right, "C2").statements[2]
    assert (never.interval.n_for, never.finding) == (N, "f2: shallow never meets the stopping rule with 10 of 10 seeds")


def test_c9_both_ways(right: Sweep) -> None:
    assert verdicts(right, "C9") == [HOLDS]
    sooner = claim_frames.fits(_F1 | {"medium": (1e-3, 20)}, _F2)
    assert verdicts(sooner, "C9") == [OPPOSITE]


def test_seeds_whose_time_to_the_level_chose_it_do_not_judge_it(right: Sweep) -> None:
    seen = right.manifest.assign(seed=right.manifest["seed"] - 5)
    found = judgement(Sweep(seen, right.tables), "C1").statements
    assert [(s.interval.n, s.n_seeds) for s in found] == [(N - 5, N - 5)] * 2 + [(N, N)] * 2


def _task(losses: tuple[float, float], accuracies: tuple[float, float], *, blur: float = 1.0) -> Sweep:
    """Values of LeNet and the CNN; what a seed has in common is far larger than what sets them apart."""

    def final(model: str, seed: int) -> dict[str, float]:
        place = model == "cnn"
        loss = losses[place] * 10 ** (noise(seed) + 0.01 * blur * noise(seed, place))
        accuracy = accuracies[place] + 0.03 * noise(seed, 2) + 1e-4 * blur * noise(seed, 3, place)
        return {"train_loss": loss, "running_loss": 2 * loss, "test_accuracy": accuracy}

    return claim_frames.task(final)


@pytest.fixture(scope="module")
def lenet() -> Sweep:
    return _task((0.02, 0.03), (0.95, 0.94))


def test_c3_both_ways(lenet: Sweep) -> None:
    assert verdicts(lenet, "C3") == [HOLDS] * 3
    assert verdicts(_task((0.03, 0.02), (0.94, 0.95)), "C3") == [OPPOSITE] * 3


def test_c3_can_be_lower_in_loss_and_yet_less_accurate() -> None:
    found = judgement(_task((0.02, 0.03), (0.94, 0.95)), "C3")
    assert (found.verdict, found.turns_on) == (MIXED, found.statements[2])


def test_an_advantage_too_small_to_matter_is_small() -> None:
    assert verdicts(_task((0.0200, 0.0203), (0.9502, 0.95), blur=0.1), "C3") == [SMALL] * 3


def test_runs_are_paired_by_seed(lenet: Sweep) -> None:
    """A small steady difference on top of large ones between seeds is seen in pairs, and only there."""
    shifted = lenet.manifest.copy()
    cnn = shifted["model"] == "cnn"
    shifted.loc[cnn, "seed"] = (shifted.loc[cnn, "seed"] + 3) % N + FIRST
    assert verdicts(Sweep(shifted, lenet.tables), "C3") == [OPEN] * 3


def test_c4_both_ways() -> None:
    down, up = (claim_frames.descents(lambda t, k=k: 10 ** (k * t), lambda t: 10 ** (-3 * t)) for k in (-2, 2))
    assert verdicts(down, "C4") == [HOLDS] * 4
    assert verdicts(up, "C4") == [OPPOSITE] * 4


def test_c4_is_mixed_where_the_norm_drops_once_and_then_climbs_or_stays() -> None:
    climbs, stays = (
        claim_frames.descents(*[lambda t, k=k: np.where(t < 0.1, 1000, 10 ** (k * t))] * 2) for k in (1, 0)
    )
    assert verdicts(climbs, "C4") == [HOLDS, OPPOSITE, OPPOSITE, HOLDS]
    assert verdicts(stays, "C4")[::2] == [HOLDS, SAME]


def _minima(slope: float, *, met: int = 10**6, dead: int = 0) -> Sweep:
    """Loss falls with the ratio; of every ten runs so many are dead, at a lower ratio."""

    def final(seed: int) -> dict[str, object]:
        ratio = 0.7 + 0.1 * noise(seed)
        loss = 10 ** (-3 - slope * (10 * ratio - 7) + 0.1 * noise(seed, 1))
        if seed % 10 < dead:
            ratio, loss = 0.3 + 0.1 * noise(seed, 2), VARIANCE * (1 - 0.01 * abs(noise(seed, 3)))
        return {"minimal_ratio": ratio, "train_loss": loss, "converged": seed % 100 < met}

    return claim_frames.minima(final)


def test_c5_both_ways() -> None:
    assert verdicts(_minima(1), "C5") == [HOLDS] * 2
    assert verdicts(_minima(-1), "C5") == [OPPOSITE] * 2


def test_c5_dead_networks_make_a_correlation_that_the_living_do_not_have() -> None:
    found = judgement(_minima(0, dead=5), "C5").statements
    assert (found[0].verdict, found[1].verdict) == (HOLDS, OPEN)
    assert abs(found[1].interval.effect) < 0.3
    assert [s.interval.n for s in found] == [100, 50]
    assert "50 of 100 networks are dead" in found[0].finding


def test_c5_asks_only_runs_whose_gradient_vanished() -> None:
    sweep = _minima(1, met=15)
    assert (judgement(sweep, "C5").verdict, counts(sweep, "C5")) == (OPEN, [15, 15])


def test_a_network_is_dead_where_its_loss_is_that_of_a_constant() -> None:
    assert pytest.approx(0.0613, abs=1e-4) == VARIANCE
    assert is_alive(pd.Series([VARIANCE, 0.9 * VARIANCE, 0.1 * VARIANCE, 1e-6])).tolist() == [False, False, True, True]


@pytest.mark.parametrize("n", [1, 9])
def test_fewer_than_ten_seeds_are_too_few_however_clear_they_are(n: int, lenet: Sweep, right: Sweep) -> None:
    for sweep, names in ((lenet, ["C3"]), (right, ["C1", "C2", "C9"])):
        few = Sweep(sweep.manifest[sweep.manifest["seed"] < FIRST + n], sweep.tables)
        for name in names:
            found = judgement(few, name)
            assert (found.verdict, {s.verdict for s in found.statements}) == (OPEN, {OPEN})
            assert {s.interval.n for s in found.statements} == {n}
            assert {s.needed for s in found.statements} == {10}


def _measured(sweep: Sweep, name: str) -> list[Interval]:
    return [statement.interval for statement in judgement(sweep, name).statements]


@pytest.mark.parametrize("name", ["C1", "C3"])
def test_the_order_of_rows_means_nothing(name: str, lenet: Sweep, right: Sweep) -> None:
    sweep = lenet if name == "C3" else right
    shuffled = {table: rows.sample(frac=1, random_state=7) for table, rows in sweep.tables.items()}
    again = Sweep(sweep.manifest.sample(frac=1, random_state=7), shuffled)
    assert _measured(again, name) == _measured(sweep, name)


def test_a_seed_of_which_a_run_is_missing_is_left_out_of_its_pairs_only(lenet: Sweep) -> None:
    lost = lenet.manifest.loc[(lenet.manifest["model"] == "cnn") & (lenet.manifest["seed"] == FIRST + 4), "run_id"]
    assert counts(lenet.less(lost), "C3") == [N - 1] * 3
    everything = lenet.less(lenet.manifest.loc[lenet.manifest["model"] == "cnn", "run_id"])
    assert counts(everything, "C3") == [0] * 3


def test_smoke_runs_say_nothing(lenet: Sweep) -> None:
    smoke = Sweep(lenet.manifest.assign(smoke=True), lenet.tables)
    assert (verdicts(smoke, "C3"), counts(smoke, "C3")) == ([OPEN] * 3, [0] * 3)


def test_values_that_are_not_positive_or_finite_have_no_ratio(lenet: Sweep) -> None:
    runs = lenet.tables["runs"].copy()
    runs.iloc[0, runs.columns.get_loc("train_loss")] = 0.0
    runs.iloc[1, runs.columns.get_loc("test_accuracy")] = math.nan
    assert counts(Sweep(lenet.manifest, lenet.tables | {"runs": runs}), "C3") == [N - 1, N, N - 1]


def test_every_claim_has_a_name_of_its_own() -> None:
    assert len(BY_NAME) == 19
