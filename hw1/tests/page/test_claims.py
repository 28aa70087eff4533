"""Each claim on made-up frames whose answer is known: as the report says, and the opposite."""

import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pytest

from analysis.claims.judge import judged
from analysis.claims.statement import Claim, Judgement, Verdict
from hw1.studies.parameters import claims as size
from hw1.tests.page import claim_frames
from hw1.tests.page.conftest import Sweep
from hw1.tests.page.shown import BY_NAME, CLAIMS, EXTENDED, FIGURES, LEFT_OUT, SECTIONS, studies

HOLDS, FAILS, MIXED, OPEN = Verdict.HOLDS, Verdict.FAILS, Verdict.MIXED, Verdict.OPEN
_N = 10


def _noise(*of: int) -> float:
    """Between −1 and 1, the same for the same numbers."""
    return float(np.random.default_rng(of).uniform(-1, 1))


def _judged(sweep: Sweep, claim: Claim) -> Judgement:
    return judged(studies(*sweep), claims=[claim])[0]


def _verdicts(sweep: Sweep, claim: Claim) -> list[Verdict]:
    return [statement.verdict for statement in _judged(sweep, claim).statements]


def _fits(f1: Mapping[str, tuple[float, int]], f2: Mapping[str, tuple[float, bool]], n: int = _N) -> Sweep:
    """f1 as loss and iterations of each model, f2 as loss and whether it converged."""

    def final(function: int, model: str, seed: int) -> dict[str, object]:
        blur = 10 ** (0.02 * _noise(seed, len(model)))
        common = 10 ** _noise(seed)
        if function == 1:
            return {"train_loss": f1[model][0] * blur * common, "n_steps": f1[model][1] + seed, "converged": True}
        return {"train_loss": f2[model][0] * blur * common, "n_steps": 20_000, "converged": f2[model][1]}

    return claim_frames.fits(n, final)


_F1 = {"deep": (1e-3, 2000), "medium": (2e-3, 3000), "shallow": (9e-3, 9000)}
_F1_NOT = {"deep": (9e-3, 9000), "medium": (7e-3, 8000), "shallow": (1e-3, 2000)}
_F2 = {"deep": (0.10, True), "medium": (0.15, True), "shallow": (0.60, False)}
_F2_NOT = {"deep": (0.60, True), "medium": (0.15, True), "shallow": (0.10, True)}


def test_c1_holds_where_the_deeper_models_are_faster_and_better() -> None:
    found = _judged(_fits(_F1, _F2), BY_NAME["C1"])
    assert (found.verdict, [s.verdict for s in found.statements]) == (HOLDS, [HOLDS] * 4)
    assert 10 ** found.statements[0].effect == pytest.approx(4.5, rel=0.01)
    assert 10 ** found.statements[2].effect == pytest.approx(9, rel=0.1)
    assert [s.n_seeds for s in found.statements] == [_N] * 4


def test_c1_does_not_hold_where_the_shallow_model_is() -> None:
    found = _judged(_fits(_F1_NOT, _F2), BY_NAME["C1"])
    assert (found.verdict, [s.verdict for s in found.statements]) == (FAILS, [FAILS] * 4)
    assert all(s.effect < 0 for s in found.statements)


def test_c1_is_mixed_where_they_are_faster_but_no_better() -> None:
    same = {"deep": (1e-3, 2000), "medium": (1e-3, 3000), "shallow": (1e-3, 9000)}
    assert _verdicts(_fits(same, _F2), BY_NAME["C1"]) == [HOLDS, HOLDS, FAILS, FAILS]
    assert _judged(_fits(same, _F2), BY_NAME["C1"]).verdict is MIXED


def test_c2_both_ways() -> None:
    assert _verdicts(_fits(_F1, _F2), BY_NAME["C2"]) == [HOLDS] * 3
    assert _verdicts(_fits(_F1_NOT, _F2_NOT), BY_NAME["C2"]) == [FAILS] * 3


def test_c1_and_c2_do_not_look_at_each_other_s_function() -> None:
    assert _verdicts(_fits(_F1, _F2_NOT), BY_NAME["C1"]) == [HOLDS] * 4
    assert _verdicts(_fits(_F1_NOT, _F2), BY_NAME["C2"]) == [HOLDS] * 3


def _task(losses: tuple[float, float], running: tuple[float, float], accuracies: tuple[float, float]) -> Sweep:
    """Values of LeNet and the CNN; what a seed has in common is far larger than what sets them apart."""

    def final(model: str, seed: int) -> dict[str, float]:
        place = model == "cnn"
        common, own = 10 ** _noise(seed), 10 ** (0.01 * _noise(seed, place))
        return {
            "train_loss": losses[place] * common * own,
            "running_loss": running[place] * common * own,
            "test_accuracy": accuracies[place] + 0.03 * _noise(seed, 2) + 1e-4 * _noise(seed, 3, place),
        }

    return claim_frames.task(_N, final)


def test_c3_both_ways() -> None:
    assert _verdicts(_task((0.02, 0.03), (0.03, 0.06), (0.95, 0.94)), BY_NAME["C3"]) == [HOLDS] * 3
    assert _verdicts(_task((0.03, 0.02), (0.06, 0.03), (0.94, 0.95)), BY_NAME["C3"]) == [FAILS] * 3


def test_c3_can_be_lower_in_loss_and_yet_less_accurate() -> None:
    found = _judged(_task((0.02, 0.03), (0.03, 0.06), (0.94, 0.95)), BY_NAME["C3"])
    assert (found.verdict, found.turns_on) == (MIXED, found.statements[2])


def test_an_advantage_too_small_to_matter_does_not_hold() -> None:
    found = _judged(_task((0.0200, 0.0203), (0.03, 0.06), (0.9502, 0.95)), BY_NAME["C3"])
    assert [s.verdict for s in found.statements] == [FAILS, HOLDS, FAILS]
    assert found.statements[2].low > 0


def test_runs_are_paired_by_seed() -> None:
    """A small steady difference on top of large ones between seeds is seen in pairs, and only there."""
    paired = _task((0.02, 0.03), (0.03, 0.06), (0.95, 0.94))
    runs = paired.tables["runs"].merge(paired.manifest[["run_id", "model", "seed"]], on="run_id")
    assert runs.loc[runs["model"] == "lenet", "train_loss"].std() > 0.01
    shifted = paired.manifest.copy()
    cnn = shifted["model"] == "cnn"
    shifted.loc[cnn, "seed"] = (shifted.loc[cnn, "seed"] + 3) % _N
    assert _verdicts(paired, BY_NAME["C3"]) == [HOLDS] * 3
    assert _verdicts(Sweep(shifted, paired.tables), BY_NAME["C3"]) == [OPEN] * 3


def _descents(norm: Callable[[np.ndarray], np.ndarray], loss: Callable[[np.ndarray], np.ndarray]) -> Sweep:
    def curve(seed: int, way: np.ndarray) -> dict[str, np.ndarray]:
        blur = np.exp(0.1 * np.random.default_rng(seed).standard_normal(len(way)))
        return {"gradient_norm": norm(way) * blur, "train_loss": loss(way)}

    return claim_frames.descents(_N, curve)


def test_c4_both_ways() -> None:
    assert _verdicts(_descents(lambda t: 10 ** (-2 * t), lambda t: 10 ** (-3 * t)), BY_NAME["C4"]) == [HOLDS] * 3
    assert _verdicts(_descents(lambda t: 10 ** (2 * t), lambda t: 10 ** (-3 * t)), BY_NAME["C4"]) == [FAILS] * 3


def test_c4_is_mixed_where_the_norm_drops_once_and_then_climbs() -> None:
    sweep = _descents(lambda t: np.where(t < 0.1, 1000, 10**t), lambda t: np.where(t < 0.1, 1000, 10**t))
    assert _verdicts(sweep, BY_NAME["C4"]) == [HOLDS, FAILS, HOLDS]


def _minima(slope: float, *, met: Callable[[int], bool] = lambda _: True) -> Sweep:
    def final(seed: int) -> dict[str, object]:
        ratio = 0.5 + 0.3 * _noise(seed)
        loss = 10 ** (-2 - slope * ratio + 0.05 * _noise(seed, 1))
        return {"minimal_ratio": ratio, "train_loss": loss, "converged": met(seed)}

    return claim_frames.minima(final)


@pytest.mark.parametrize(("slope", "verdict"), [(2, HOLDS), (-2, FAILS)])
def test_c5_both_ways(slope: float, verdict: Verdict) -> None:
    found = _judged(_minima(slope), BY_NAME["C5"])
    assert found.verdict is verdict
    assert math.copysign(1, found.statements[0].effect) == math.copysign(1, slope)
    assert found.statements[0].n_seeds == 100


def test_c5_asks_only_runs_whose_gradient_vanished() -> None:
    found = _judged(_minima(2, met=lambda seed: seed < 15), BY_NAME["C5"])
    assert (found.verdict, found.statements[0].n_seeds) == (OPEN, 15)


def _memorised(train: float, test: Callable[[np.ndarray], np.ndarray]) -> Sweep:
    def curve(seed: int, way: np.ndarray) -> dict[str, np.ndarray]:
        return {"train_loss": 2.3 + train * way + 0.01 * _noise(seed) * way, "test_loss": 2.3 + test(way)}

    return claim_frames.memorised(_N, curve)


def test_c6_both_ways() -> None:
    assert _verdicts(_memorised(-0.5, lambda t: t), BY_NAME["C6"]) == [HOLDS] * 3
    assert _verdicts(_memorised(0.5, lambda t: -t), BY_NAME["C6"]) == [FAILS] * 3


def test_c6_is_mixed_where_the_test_loss_rises_only_at_first() -> None:
    sweep = _memorised(-0.5, lambda t: np.minimum(t, 0.25))
    assert _verdicts(sweep, BY_NAME["C6"]) == [HOLDS, HOLDS, FAILS]


def _sizes(*, widens: bool, first: bool) -> Sweep:
    """Gaps that widen or close; a test loss that is done at the third of ten widths, or only at the last one."""

    def final(place: int, seed: int) -> dict[str, float]:
        wide = 0.02 * (place if widens else 9 - place) + 0.002 * _noise(seed, place)
        settles = min(place, 2 if first else 9) / (2 if first else 9)
        other = min(place, 9 if first else 2) / (9 if first else 2)
        test, train_accuracy = 1 - 0.5 * settles, 0.5 + 0.3 * other
        return {
            "test_loss": test,
            "train_loss": test - 0.05 - wide,
            "train_accuracy": train_accuracy,
            "test_accuracy": train_accuracy - wide,
        }

    return claim_frames.sizes(_N, final)


def test_c7_gaps_both_ways() -> None:
    assert _verdicts(_sizes(widens=True, first=True), BY_NAME["C7"])[:2] == [HOLDS] * 2
    assert _verdicts(_sizes(widens=False, first=True), BY_NAME["C7"])[:2] == [FAILS] * 2


def test_c7_settling_both_ways() -> None:
    assert _verdicts(_sizes(widens=True, first=True), BY_NAME["C7"])[2:] == [HOLDS] * 2
    assert _verdicts(_sizes(widens=True, first=False), BY_NAME["C7"])[2] is FAILS


def test_c7_knows_the_slope_and_where_a_curve_settles() -> None:
    sweep = claim_frames.sizes(2, lambda place, _: {"train_loss": 0.0, "test_loss": [9, 5, 1][min(place, 2)]})
    of = studies(*sweep)["parameters"]
    n_params = sorted(of.expected["n_params"].unique())
    np.testing.assert_allclose(size.settled(of, "test_loss"), math.log10(n_params[2]))
    np.testing.assert_allclose(size.settled(of, "train_loss"), math.log10(n_params[0]))
    expected = np.polyfit(np.log10(n_params), [9, 5, *[1] * 8], 1)[0]
    np.testing.assert_allclose(size.widening(of, "test_loss", "train_loss"), expected)


def test_c7_leaves_out_a_seed_that_lacks_a_model() -> None:
    sweep = _sizes(widens=True, first=True)
    lost = sweep.manifest.loc[(sweep.manifest["seed"] == 3) & (sweep.manifest["n_params"] > 2e5), "run_id"].iloc[:1]
    assert [s.n_seeds for s in _judged(sweep.less(lost), BY_NAME["C7"]).statements] == [_N - 1] * 4


def _lines(*, dip: float, beyond: float) -> Sweep:
    """Paths of accuracy 0.99, less a dip between the ends, and so much beyond end 2."""

    def accuracy(_batches: bool, seed: int, alpha: np.ndarray) -> np.ndarray:
        between = (alpha > 0) & (alpha < 1)
        return (
            0.99
            + 1e-3 * _noise(seed)
            - np.where(between, dip * (1 + 0.1 * _noise(seed, 1)), 0)
            - beyond * (alpha > 1.1)
        )

    return claim_frames.lines(_N, accuracy)


def test_c8_both_ways() -> None:
    assert _verdicts(_lines(dip=0.002, beyond=0.5), BY_NAME["C8"]) == [HOLDS] * 4
    assert _verdicts(_lines(dip=0.2, beyond=0.02), BY_NAME["C8"]) == [FAILS] * 4


def test_c8_tells_the_pairs_apart_and_leaves_out_a_pair_that_the_sweep_does_not_have() -> None:
    def accuracy(batches: bool, seed: int, alpha: np.ndarray) -> np.ndarray:
        return np.where((alpha > 1.1) | ((alpha > 0) & (alpha < 1) & batches), 0.5, 0.99) + 1e-3 * _noise(seed)

    sweep = claim_frames.lines(_N, accuracy)
    assert _verdicts(sweep, BY_NAME["C8"]) == [FAILS, HOLDS, HOLDS, HOLDS]
    alone = sweep.manifest[sweep.manifest["batch_size_1"] != sweep.manifest["batch_size_2"]]
    assert _verdicts(Sweep(alone, sweep.tables), BY_NAME["C8"]) == [FAILS, HOLDS]


def _batches(*, norm: float, errors: float, sharp: float, adaptive: float, rescaled: float) -> Sweep:
    """Growth for every tenfold batch size, as powers of ten (of the errors: twice), and the factor of the rescaling."""

    def end(decade: float, seed: int) -> dict[str, float]:
        blur = 10 ** (0.01 * _noise(seed, int(9 * decade)))
        error = 0.01 * 10 ** (errors * decade) * blur
        keskar = 50 * 10 ** (sharp * decade) * blur
        return {
            "norm": 0.03 * 10 ** (norm * decade) * blur,
            "test_loss": 3 * error,
            "test_accuracy": 1 - error,
            "keskar": keskar,
            "rescaled": rescaled * keskar,
            "adaptive": 9 * 10 ** (adaptive * decade) * blur,
        }

    return claim_frames.batches(_N, end)


def test_e1_both_ways() -> None:
    sharp = {"sharp": 0.3, "adaptive": 0.3, "rescaled": 30.0}
    sweep = _batches(norm=0.2, errors=0.3, **sharp)
    found = _judged(sweep, BY_NAME["E1"])
    assert (found.verdict, [s.verdict for s in found.statements]) == (HOLDS, [HOLDS] * 4)
    assert 10 ** found.statements[0].effect == pytest.approx(10**0.2, rel=0.02)
    assert 10 ** found.statements[1].effect == pytest.approx(10**0.3, rel=0.02)
    assert found.statements[3].effect == pytest.approx(1)
    assert _verdicts(_batches(norm=-0.2, errors=-0.3, **sharp), BY_NAME["E1"]) == [FAILS] * 3 + [HOLDS]
    assert _verdicts(_batches(norm=-0.2, errors=0.3, **sharp), BY_NAME["E1"]) == [FAILS, HOLDS, HOLDS, FAILS]


def test_e1_does_not_hold_where_the_batch_size_does_nothing() -> None:
    found = _verdicts(_batches(norm=0.0, errors=0.0, sharp=0.0, adaptive=0.0, rescaled=30.0), BY_NAME["E1"])
    assert found[:3] == [FAILS] * 3


def test_e2_both_ways() -> None:
    ends = {"norm": 0.2, "errors": 0.3}
    assert _verdicts(_batches(**ends, sharp=0.3, adaptive=0.3, rescaled=30.0), BY_NAME["E2"]) == [HOLDS] * 3
    assert _verdicts(_batches(**ends, sharp=0.0, adaptive=-0.3, rescaled=1.0), BY_NAME["E2"]) == [FAILS] * 3
    assert _verdicts(_batches(**ends, sharp=0.5, adaptive=0.3, rescaled=3.0), BY_NAME["E2"]) == [HOLDS, HOLDS, FAILS]


def test_e2_measures_rescaling_against_the_range_over_batch_sizes_and_counts_flattening_too() -> None:
    for factor in (100.0, 0.01):
        sweep = _batches(norm=0.2, errors=0.3, sharp=0.3, adaptive=0.3, rescaled=factor)
        effect = _judged(sweep, BY_NAME["E2"]).statements[2].effect
        assert effect == pytest.approx(2 - 0.3 * math.log10(256), abs=0.02)


def test_e1_and_e2_leave_out_a_seed_that_lacks_a_batch_size() -> None:
    sweep = _batches(norm=0.2, errors=0.3, sharp=0.3, adaptive=0.3, rescaled=30.0)
    lost = sweep.manifest.loc[(sweep.manifest["seed"] == 4) & (sweep.manifest["batch_size"] == 256), "run_id"]
    for claim in (BY_NAME["E1"], BY_NAME["E2"]):
        assert {s.n_seeds for s in _judged(sweep.less(lost), claim).statements} == {_N - 1}


def _right() -> Iterator[tuple[Claim, Sweep]]:
    yield BY_NAME["C1"], _fits(_F1, _F2)
    yield BY_NAME["C2"], _fits(_F1, _F2)
    yield BY_NAME["C3"], _task((0.02, 0.03), (0.03, 0.06), (0.95, 0.94))
    yield BY_NAME["C4"], _descents(lambda t: 10 ** (-2 * t), lambda t: 10 ** (-3 * t))
    yield BY_NAME["C6"], _memorised(-0.5, lambda t: t)
    yield BY_NAME["C7"], _sizes(widens=True, first=True)
    yield BY_NAME["C8"], _lines(dip=0.002, beyond=0.5)
    for claim in (BY_NAME["E1"], BY_NAME["E2"]):
        yield claim, _batches(norm=0.2, errors=0.3, sharp=0.3, adaptive=0.3, rescaled=30.0)


@pytest.mark.parametrize(("claim", "sweep"), [pytest.param(*case, id=case[0].name) for case in _right()])
def test_one_or_four_seeds_are_too_few_however_clear_they_are(claim: Claim, sweep: Sweep) -> None:
    for n in (1, 4):
        few = Sweep(sweep.manifest[sweep.manifest["seed"] < n], sweep.tables)
        found = _judged(few, claim)
        assert (found.verdict, {s.verdict for s in found.statements}) == (OPEN, {OPEN})
        assert {s.n_seeds for s in found.statements} == {n}
        assert all(s.effect >= s.matters and math.isnan(s.low) for s in found.statements)


@pytest.mark.parametrize(("claim", "sweep"), [pytest.param(*case, id=case[0].name) for case in _right()])
def test_the_order_of_rows_means_nothing(claim: Claim, sweep: Sweep) -> None:
    shuffled = {name: table.sample(frac=1, random_state=7) for name, table in sweep.tables.items()}
    again = _judged(Sweep(sweep.manifest.sample(frac=1, random_state=7), shuffled), claim)
    for one, other in zip(_judged(sweep, claim).statements, again.statements, strict=True):
        assert (one.verdict, one.n_seeds) == (other.verdict, other.n_seeds)
        assert one.effect == pytest.approx(other.effect)


def test_a_seed_of_which_a_run_is_missing_is_left_out_of_its_pairs_only() -> None:
    sweep = _task((0.02, 0.03), (0.03, 0.06), (0.95, 0.94))
    lost = sweep.manifest.loc[(sweep.manifest["model"] == "cnn") & (sweep.manifest["seed"] == 4), "run_id"]
    found = _judged(sweep.less(lost), BY_NAME["C3"])
    assert [s.n_seeds for s in found.statements] == [_N - 1] * 3
    everything = sweep.less(sweep.manifest.loc[sweep.manifest["model"] == "cnn", "run_id"])
    assert [s.n_seeds for s in _judged(everything, BY_NAME["C3"]).statements] == [0] * 3


def test_smoke_runs_say_nothing() -> None:
    sweep = _task((0.02, 0.03), (0.03, 0.06), (0.95, 0.94))
    found = _judged(Sweep(sweep.manifest.assign(smoke=True), sweep.tables), BY_NAME["C3"])
    assert [(s.verdict, s.n_seeds) for s in found.statements] == [(OPEN, 0)] * 3


def test_values_that_are_not_positive_or_finite_have_no_ratio() -> None:
    sweep = _task((0.02, 0.03), (0.03, 0.06), (0.95, 0.94))
    runs = sweep.tables["runs"].copy()
    runs.iloc[0, runs.columns.get_loc("train_loss")] = 0.0
    runs.iloc[1, runs.columns.get_loc("test_accuracy")] = math.nan
    found = _judged(Sweep(sweep.manifest, sweep.tables | {"runs": runs}), BY_NAME["C3"])
    assert [s.n_seeds for s in found.statements] == [_N - 1, _N, _N - 1]


def test_the_claims_are_the_report_s_eight_with_figures_of_their_study() -> None:
    assert [claim.name for claim in CLAIMS] == [f"C{n}" for n in range(1, 9)]
    of = {entry.slug: entry.study for entry in FIGURES + EXTENDED}
    every = CLAIMS + LEFT_OUT
    assert len({claim.name for claim in every}) == len(every)
    assert {claim.study for claim in every} <= {section.study for section in SECTIONS}
    assert {claim.quoted for claim in CLAIMS} | {not claim.quoted for claim in LEFT_OUT} == {True}
    for claim in every:
        assert {of[slug] for slug in claim.figures} == {claim.study}
        assert {of[h.figure] for h in claim.hypotheses} == {claim.study}
        assert all(h.matters >= 0 for h in claim.hypotheses)


@pytest.mark.slow
def test_every_claim_can_be_judged_on_what_a_whole_or_partial_sweep_collects(seeds: Sweep, partial: Sweep) -> None:
    for sweep in (
        seeds,
        partial,
        Sweep(partial.manifest, {name: rows.iloc[:0] for name, rows in partial.tables.items()}),
    ):
        found = judged(studies(*sweep), CLAIMS)
        assert [judgement.claim.name for judgement in found] == [claim.name for claim in CLAIMS]
        left_out = judged(studies(*sweep), LEFT_OUT)
        assert [judgement.claim.name for judgement in left_out] == [claim.name for claim in LEFT_OUT]
    measured = [s.effect for judgement in judged(studies(*seeds), CLAIMS)[:4] for s in judgement.statements]
    assert np.isfinite(measured).all()
