"""E3 and E4 on made-up points whose answer is known: as stated, the opposite, and unrelated."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from analysis.claims.statement import Verdict
from hw1.studies.critical_points import claims as critical
from hw1.tests.page import claim_frames
from hw1.tests.page.claim_frames import counts, judgement, verdicts
from hw1.tests.page.conftest import Sweep

HOLDS, SAME, OPPOSITE, OPEN = Verdict.HOLDS, Verdict.SAME, Verdict.OPPOSITE, Verdict.OPEN
_P = 200


def _spectrum(*, positive: int, negative: int, rounding: int = 0) -> np.ndarray:
    """So many eigenvalues of a known sign, so many of either sign that may be rounding, and zeros."""
    known = [np.full(positive, 1.0), np.full(negative, -0.5), np.full(rounding, 1e-14), np.full(rounding, -1e-14)]
    return np.sort(np.concatenate([*known, np.zeros(_P - positive - negative - 2 * rounding)]))


def _sweep(point: Callable[[int, np.random.Generator], dict[str, Any]], *, stalled: bool = True) -> Sweep:
    def points(seed: int) -> dict[str, Any]:
        common = {
            "loss": 0.01,
            "converged": [True, not stalled],
            "hessian_gradient_ratio": 0.9,
            "newton_residual": 0.001,
            "smooth_fraction": 0.5,
        }
        made = common | point(seed, np.random.default_rng(seed))
        if isinstance(made.get("eigenvalues"), np.ndarray):
            made["eigenvalues"] = [made["eigenvalues"]] * 2
        return made

    return claim_frames.critical_points(points)


def _related(sign: int, rounding: int) -> Sweep:
    """The loss falls (sign 1) or grows with the number of positive eigenvalues, which varies between runs."""

    def point(_seed: int, rng: np.random.Generator) -> dict[str, Any]:
        n = int(rng.integers(10, 60))
        loss = 10 ** (-3 - sign * (n - 35) / 20 + rng.normal(0, 0.1))
        return {"loss": loss, "eigenvalues": _spectrum(positive=n, negative=70 - n, rounding=rounding)}

    return _sweep(point)


def test_e3_and_e4_s_curvature_both_ways() -> None:
    right, wrong = _related(1, rounding=20), _related(-1, rounding=0)
    assert verdicts(right, "E3") == [HOLDS] * 3
    assert verdicts(wrong, "E3") == [SAME, OPPOSITE, OPPOSITE]
    assert verdicts(right, "E4")[:2] == [HOLDS] * 2
    assert verdicts(wrong, "E4")[:2] == [OPPOSITE] * 2


def test_dead_networks_make_correlations_that_the_living_do_not_have() -> None:
    def point(seed: int, rng: np.random.Generator) -> dict[str, Any]:
        dead = seed % 2
        positive = int(rng.integers(10, 20) if dead else rng.integers(40, 60))
        loss = 0.0613 if dead else float(10 ** rng.normal(-3, 0.3))
        return {"loss": loss, "eigenvalues": _spectrum(positive=positive, negative=70 - positive)}

    sweep = _sweep(point)
    for name, at in (("E3", 1), ("E4", 0)):
        over_all, living = judgement(sweep, name).statements[at : at + 2]
        assert (over_all.verdict, living.verdict) == (HOLDS, OPEN)
        assert (over_all.interval.n, living.interval.n) == (100, 50)
        assert abs(living.interval.effect) < 0.3 < over_all.interval.effect


def test_e3_is_not_moved_by_how_the_rounding_falls() -> None:
    """A minimal ratio above 0 that follows the loss by rounding alone is seen through."""

    def point(_seed: int, rng: np.random.Generator) -> dict[str, Any]:
        n = int(rng.integers(1, 40))
        values = np.concatenate([np.full(60, 1.0), np.full(n, 1e-14), np.full(_P - 60 - n, -1e-14)])
        values[: int(rng.integers(0, 30))] = 0
        return {"loss": 10 ** (-2 - n / 20), "eigenvalues": np.sort(values)}

    found = judgement(_sweep(point), "E3").statements
    assert found[0].verdict is HOLDS
    assert found[1].verdict is OPEN
    assert abs(found[1].interval.effect) < 0.3


def _flat(ratio: float, residual: float, fraction: float, *, share: float = 1.0) -> list[Verdict]:
    """Points of which a share has these values, the others the opposite ones."""
    away = {"hessian_gradient_ratio": 0.9, "newton_residual": 0.001, "smooth_fraction": np.nan}
    near = {"hessian_gradient_ratio": ratio, "newton_residual": residual, "smooth_fraction": fraction}

    def point(seed: int, rng: np.random.Generator) -> dict[str, Any]:
        eigenvalues = _spectrum(positive=int(rng.integers(10, 60)), negative=9)
        return (near if seed % 100 < 100 * share else away) | {"loss": 0.01 + 1e-5 * seed, "eigenvalues": eigenvalues}

    return verdicts(_sweep(point), "E4")[2:]


def test_e4_frye_both_ways() -> None:
    assert _flat(1e-4, 0.99, 1e-5) == [HOLDS] * 3
    assert _flat(0.7, 0.5, 0.2) == [OPPOSITE] * 3


def test_a_bare_half_of_the_points_is_not_most() -> None:
    assert _flat(1e-4, 0.99, 1e-5, share=0.5) == [OPEN] * 3
    assert _flat(1e-4, 0.99, 1e-5, share=0.2) == [OPPOSITE] * 3


def test_a_residual_above_nine_tenths_is_possible_only_below_the_ratio_that_is_derived_from_it() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        gradient, eigenvalues = rng.standard_normal(6) * [1, 1, 1, 3, 5, 9], np.array([1, -0.5, 0.1, 0, 0, 0])
        size = np.linalg.norm(gradient)
        residual, ratio = np.linalg.norm(gradient[3:]) / size, np.linalg.norm(eigenvalues * gradient) / size
        assert ratio < critical.FLAT_BELOW or residual <= critical.FLAT_ABOVE
    assert pytest.approx(0.43589, abs=1e-5) == critical.FLAT_BELOW


def test_runs_that_met_the_second_threshold_are_not_stalled_and_those_that_missed_the_first_are_not_counted() -> None:
    def point(seed: int, _rng: np.random.Generator) -> dict[str, Any]:
        return {"converged": [seed % 2 == 0, seed % 4 == 0], "eigenvalues": _spectrum(positive=20, negative=5)}

    assert counts(_sweep(point), "E4") == [50, 50, 50, 75, 75]


def test_without_points_nothing_is_said() -> None:
    sweep = _related(1, rounding=20)
    empty = Sweep(sweep.manifest, sweep.tables | {"critical_points": sweep.tables["critical_points"].iloc[:0]})
    for name in ("E3", "E4"):
        assert set(counts(empty, name)) == {0}
