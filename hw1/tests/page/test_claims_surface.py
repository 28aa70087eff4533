"""E5 and E6 on made-up paths and surfaces whose answer is known."""

import math

import numpy as np
import pandas as pd
import pytest

from analysis.claims.judge import judged
from analysis.claims.statement import Claim, Judgement, Verdict
from hw1.studies.surface import claims as surface
from hw1.tests.page import claim_frames
from hw1.tests.page.conftest import Sweep
from hw1.tests.page.shown import BY_NAME, LEFT_OUT, studies

HOLDS, FAILS, MIXED, OPEN = Verdict.HOLDS, Verdict.FAILS, Verdict.MIXED, Verdict.OPEN
_N = 8


def _noise(*of: int) -> float:
    return float(np.random.default_rng(of).uniform(-1, 1))


def _judged(sweep: Sweep, claim: Claim) -> Judgement:
    return judged(studies(*sweep), claims=[claim])[0]


def _bowl(steep: dict[str, float], *, valley: float = 0.0) -> Sweep:
    """Losses of 0.25 at the end that rise by so many decades at a distance of 10; less where a valley leads out."""

    def loss(seed: int, plane: str, x: float, y: float) -> float:
        rise = steep[plane] * (1 + 0.05 * _noise(seed)) * math.hypot(x, y) / 10
        out = valley * x / 10 if plane == "components" and y == 0 and x > 0 else 0
        return 0.25 * 10 ** (rise + out)

    return claim_frames.surfaces(_shares(0.9), loss)


def _shares(two: float, *, blur: float = 0.005) -> object:
    def of(seed: int, walk: int) -> tuple[float, ...]:
        both = (0.76 if walk else two) + blur * _noise(seed, walk)
        return (0.8 * both, 0.2 * both, 1 - both)

    return of


def _paths(two: float, *, blur: float = 0.005) -> Sweep:
    return claim_frames.surfaces(_shares(two, blur=blur), lambda *_: 1.0)  # type: ignore[arg-type]


def test_e5_holds_where_two_components_explain_more_than_of_the_walks() -> None:
    (found,) = _judged(_paths(0.96), BY_NAME["E5"]).statements
    assert (found.verdict, found.n_seeds) == (HOLDS, _N)
    assert found.effect == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("two", [0.5, 0.76, 0.78])
def test_e5_does_not_hold_where_they_explain_less_as_much_or_hardly_more(two: float) -> None:
    (found,) = _judged(_paths(two), BY_NAME["E5"]).statements
    assert found.verdict is FAILS


def test_e5_is_open_where_paths_scatter_around_the_walks() -> None:
    (found,) = _judged(_paths(0.79, blur=0.2), BY_NAME["E5"]).statements
    assert found.verdict is OPEN


def test_only_the_first_two_components_and_the_walks_mean_count() -> None:
    sweep = claim_frames.surfaces(lambda _, walk: (0.5, 0.1 * walk, 0.9), lambda *_: 1.0)
    np.testing.assert_allclose(surface.flatter_than_a_walk(studies(*sweep)["surface"]), -0.2, atol=1e-12)


def test_e6_both_ways() -> None:
    right = _judged(_bowl({"components": 1.5, "random": 0.7}), BY_NAME["E6"])
    assert [s.verdict for s in right.statements] == [HOLDS, HOLDS]
    wrong = _judged(_bowl({"components": -0.7, "random": 0.9}, valley=-1), BY_NAME["E6"])
    assert wrong.statements[0].verdict is FAILS
    gentle = _judged(_bowl({"components": 0.7, "random": 1.5}), BY_NAME["E6"])
    assert (gentle.verdict, [s.verdict for s in gentle.statements]) == (MIXED, [HOLDS, FAILS])


def test_e6_does_not_hold_where_both_planes_are_level_or_alike() -> None:
    level = _judged(_bowl({"components": 0.01, "random": 0.01}), BY_NAME["E6"])
    assert [s.verdict for s in level.statements] == [FAILS, FAILS]


def test_one_valley_in_one_plane_is_enough_that_the_loss_does_not_rise_on_every_side() -> None:
    found = _judged(_bowl({"components": 1.0, "random": 1.0}, valley=-1.2), BY_NAME["E6"]).statements[0]
    assert found.verdict is FAILS
    # at the radius, where the valley is deepest: 10^(1 − 1.2)
    assert found.effect == pytest.approx(-0.2, abs=0.06)


def test_only_what_lies_within_the_path_s_radius_counts() -> None:
    def loss(_seed: int, plane: str, x: float, y: float) -> float:
        if math.hypot(x, y) > 10.01:
            return 1e-9
        return (4.0 if plane == "components" else 2.0) if x or y else 1.0

    sweep = claim_frames.surfaces(_shares(0.9), loss)  # type: ignore[arg-type]
    of = studies(*sweep)["surface"]
    np.testing.assert_allclose(surface.rises(of), math.log10(2))
    np.testing.assert_allclose(surface.steeper(of), math.log10(3))


def test_few_seeds_smoke_runs_and_missing_runs_are_left_out() -> None:
    sweep = _bowl({"components": 1.5, "random": 0.7})
    few = Sweep(sweep.manifest[sweep.manifest["seed"] < 4], sweep.tables)
    smoke = Sweep(sweep.manifest.assign(smoke=True), sweep.tables)
    less = sweep.less(sweep.manifest["run_id"].iloc[:1])
    for claim in (BY_NAME["E5"], BY_NAME["E6"]):
        for which, n in ((few, 4), (smoke, 0), (less, _N - 1)):
            found = _judged(which, claim).statements
            assert {s.n_seeds for s in found} == {n}
        assert {s.verdict for s in _judged(few, claim).statements} == {OPEN}


def test_a_run_that_lacks_a_plane_lacks_an_effect() -> None:
    sweep = _bowl({"components": 1.5, "random": 0.7})
    surfaces = sweep.tables["surfaces"]
    lacks = (surfaces["run_id"] == sweep.manifest["run_id"].iloc[2]) & (surfaces["plane"] == "random")
    found = _judged(Sweep(sweep.manifest, sweep.tables | {"surfaces": surfaces[~lacks]}), BY_NAME["E6"])
    assert {s.n_seeds for s in found.statements} == {_N - 1}


def test_empty_tables_say_nothing() -> None:
    sweep = _paths(0.9)
    empty = {name: rows.iloc[:0] if name != "runs" else rows for name, rows in sweep.tables.items()}
    for claim in (BY_NAME["E5"], BY_NAME["E6"]):
        found = _judged(Sweep(sweep.manifest, empty), claim)
        assert {s.n_seeds for s in found.statements} == {0}


def test_the_order_of_rows_means_nothing() -> None:
    sweep = _bowl({"components": 1.5, "random": 0.7})
    shuffled: dict[str, pd.DataFrame] = {n: t.sample(frac=1, random_state=7) for n, t in sweep.tables.items()}
    for claim in (BY_NAME["E5"], BY_NAME["E6"]):
        effects = [
            [s.effect for s in _judged(Sweep(sweep.manifest, t), claim).statements] for t in (sweep.tables, shuffled)
        ]
        assert effects[0] == pytest.approx(effects[1])


def test_both_statements_are_judged_with_what_the_report_left_out() -> None:
    assert {BY_NAME["E5"], BY_NAME["E6"]} <= set(LEFT_OUT)
    assert not BY_NAME["E5"].quoted
    assert not BY_NAME["E6"].quoted
