"""E5 and E6 on made-up paths and surfaces whose answer is known."""

import math

import numpy as np
import pytest

from analysis.claims.statement import Verdict
from hw1.studies.surface import claims as surface
from hw1.tests.page import claim_frames
from hw1.tests.page.claim_frames import counts, effects, judgement, noise, verdicts
from hw1.tests.page.conftest import Sweep
from hw1.tests.page.shown import studies

HOLDS, SMALL, SAME, OPPOSITE, OPEN = Verdict.HOLDS, Verdict.SMALL, Verdict.SAME, Verdict.OPPOSITE, Verdict.OPEN
_N = 16


def _bowl(steep: dict[str, float], *, valley: float = 0.0) -> Sweep:
    """Losses of 0.25 at the end that rise by so many decades at a distance of 10; less where a valley leads out."""

    def loss(seed: int, plane: str, x: float, y: float) -> float:
        rise = steep[plane] * (1 + 0.05 * noise(seed)) * math.hypot(x, y) / 10
        out = valley * x / 10 if plane == "components" and y == 0 and x > 0 else 0
        return 0.25 * 10 ** (rise + out)

    return claim_frames.surfaces(_shares(0.9), loss)


def _shares(two: float, *, blur: float = 0.005) -> object:
    def of(seed: int, walk: int) -> tuple[float, ...]:
        both = (0.76 if walk else two) + blur * noise(seed, walk)
        return (0.8 * both, 0.2 * both, 1 - both)

    return of


def _paths(two: float, *, blur: float = 0.005) -> Sweep:
    return claim_frames.surfaces(_shares(two, blur=blur), lambda *_: 1.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(("two", "verdict"), [(0.96, HOLDS), (0.78, SMALL), (0.76, SAME), (0.5, OPPOSITE)])
def test_e5_both_ways(two: float, verdict: Verdict) -> None:
    found = judgement(_paths(two), "E5")
    assert found.verdict is verdict
    assert found.statements[0].interval.effect == pytest.approx(two - 0.76, abs=0.01)


def test_e5_is_open_where_paths_scatter_around_the_walks() -> None:
    assert verdicts(_paths(0.79, blur=0.2), "E5") == [OPEN]


def test_only_the_first_two_components_and_the_walks_mean_count() -> None:
    sweep = claim_frames.surfaces(lambda _, walk: (0.5, 0.1 * walk, 0.9), lambda *_: 1.0)
    np.testing.assert_allclose(surface.flatter_than_a_walk(studies(*sweep)["surface"]), -0.2, atol=1e-12)


@pytest.fixture(scope="module")
def steep() -> Sweep:
    return _bowl({"components": 1.5, "random": 0.7})


def test_e6_both_ways(steep: Sweep) -> None:
    assert verdicts(steep, "E6") == [HOLDS, HOLDS]
    assert verdicts(_bowl({"components": -0.7, "random": 0.9}, valley=-1), "E6")[0] is OPPOSITE
    assert verdicts(_bowl({"components": 0.7, "random": 1.5}), "E6") == [HOLDS, OPPOSITE]


def test_e6_is_small_or_the_same_where_both_planes_are_level_and_alike() -> None:
    assert verdicts(_bowl({"components": 0.01, "random": 0.01}), "E6") == [SMALL, SAME]


def test_one_valley_in_one_plane_is_enough_that_the_loss_does_not_rise_on_every_side() -> None:
    sweep = _bowl({"components": 1.0, "random": 1.0}, valley=-1.2)
    assert verdicts(sweep, "E6")[0] is OPPOSITE
    # at the radius, where the valley is deepest: 10^(1 − 1.2)
    assert effects(sweep, "E6")[0] == pytest.approx(-0.2, abs=0.06)


def test_only_what_lies_within_the_path_s_radius_counts() -> None:
    def loss(_seed: int, plane: str, x: float, y: float) -> float:
        if math.hypot(x, y) > 10.01:
            return 1e-9
        return (4.0 if plane == "components" else 2.0) if x or y else 1.0

    sweep = claim_frames.surfaces(_shares(0.9), loss)  # type: ignore[arg-type]
    of = studies(*sweep)["surface"]
    np.testing.assert_allclose(surface.rises(of), math.log10(2))
    np.testing.assert_allclose(surface.steeper(of), math.log10(3))


def test_smoke_runs_and_missing_runs_and_planes_are_left_out(steep: Sweep) -> None:
    smoke = Sweep(steep.manifest.assign(smoke=True), steep.tables)
    less = steep.less(steep.manifest["run_id"].iloc[:1])
    surfaces = steep.tables["surfaces"]
    lacks = (surfaces["run_id"] == steep.manifest["run_id"].iloc[2]) & (surfaces["plane"] == "random")
    empty = {name: rows.iloc[:0] if name != "runs" else rows for name, rows in steep.tables.items()}
    for name, each in (("E5", [_N]), ("E6", [_N] * 2)):
        assert counts(smoke, name) == counts(Sweep(steep.manifest, empty), name) == [0] * len(each)
        assert counts(less, name) == [_N - 1] * len(each)
    assert counts(Sweep(steep.manifest, steep.tables | {"surfaces": surfaces[~lacks]}), "E6") == [_N - 1] * 2
