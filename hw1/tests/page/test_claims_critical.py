"""E3 and E4 on made-up points whose answer is known: as stated, the opposite, and unrelated."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from analysis.claims.judge import judged
from analysis.claims.statement import Claim, Verdict
from hw1.studies.critical_points import claims as critical
from hw1.tests.page import claim_frames
from hw1.tests.page.conftest import Sweep
from hw1.tests.page.shown import BY_NAME, EXTENDED, LEFT_OUT, studies

HOLDS, FAILS = Verdict.HOLDS, Verdict.FAILS
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


def _verdicts(sweep: Sweep, claim: Claim) -> list[Verdict]:
    return [statement.verdict for statement in judged(studies(*sweep), claims=[claim])[0].statements]


def _related(sign: int, rounding: int) -> Sweep:
    """The loss falls (sign 1) or grows with the number of positive eigenvalues, which varies between runs."""

    def point(_seed: int, rng: np.random.Generator) -> dict[str, Any]:
        n = int(rng.integers(10, 60))
        loss = 10 ** (-sign * n / 20 + rng.normal(0, 0.1))
        return {"loss": loss, "eigenvalues": _spectrum(positive=n, negative=70 - n, rounding=rounding)}

    return _sweep(point)


def test_e3_both_ways() -> None:
    assert _verdicts(_related(1, rounding=20), BY_NAME["E3"]) == [HOLDS, HOLDS]
    assert _verdicts(_related(-1, rounding=2), BY_NAME["E3"]) == [FAILS, FAILS]


def test_e3_is_not_moved_by_how_the_rounding_falls() -> None:
    """A minimal ratio above 0 that follows the loss by rounding alone is seen through."""

    def point(_seed: int, rng: np.random.Generator) -> dict[str, Any]:
        n = int(rng.integers(1, 40))
        values = np.concatenate([np.full(60, 1.0), np.full(n, 1e-14), np.full(_P - 60 - n, -1e-14)])
        values[: int(rng.integers(0, 30))] = 0
        return {"loss": 10 ** (-n / 20), "eigenvalues": np.sort(values)}

    found = judged(studies(*_sweep(point)), claims=[BY_NAME["E3"]])[0].statements
    assert found[1].verdict is FAILS
    assert abs(found[1].effect) < 0.3


def test_e4_dauphin_both_ways_and_unrelated() -> None:
    assert _verdicts(_related(1, rounding=20), BY_NAME["E4"])[0] is HOLDS
    assert _verdicts(_related(-1, rounding=20), BY_NAME["E4"])[0] is FAILS

    def unrelated(_seed: int, rng: np.random.Generator) -> dict[str, Any]:
        eigenvalues = _spectrum(positive=50, negative=int(rng.integers(10, 60)))
        return {"loss": float(10 ** rng.normal()), "eigenvalues": eigenvalues}

    assert _verdicts(_sweep(unrelated), BY_NAME["E4"])[0] is not HOLDS


def _flat(ratio: float, residual: float, fraction: float, *, share: float = 1.0) -> list[Verdict]:
    """Points of which a share has these values, the others the opposite ones."""
    away = {"hessian_gradient_ratio": 0.9, "newton_residual": 0.001, "smooth_fraction": np.nan}
    near = {"hessian_gradient_ratio": ratio, "newton_residual": residual, "smooth_fraction": fraction}

    def point(seed: int, rng: np.random.Generator) -> dict[str, Any]:
        eigenvalues = _spectrum(positive=int(rng.integers(10, 60)), negative=9)
        return (near if seed < 100 * share else away) | {"loss": 0.01 + 1e-4 * seed, "eigenvalues": eigenvalues}

    return _verdicts(_sweep(point), BY_NAME["E4"])[1:]


def test_e4_frye_both_ways() -> None:
    assert _flat(1e-4, 0.99, 1e-5) == [HOLDS] * 3
    assert _flat(0.7, 0.5, 0.2) == [FAILS] * 3


def test_a_bare_half_of_the_points_is_not_most() -> None:
    assert _flat(1e-4, 0.99, 1e-5, share=0.45) == [FAILS] * 3


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

    counts = [s.n_seeds for s in judged(studies(*_sweep(point)), claims=[BY_NAME["E4"]])[0].statements]
    assert counts == [50, 50, 75, 75]


def test_the_statements_are_about_figures_of_their_study() -> None:
    of = {entry.slug: entry.study for entry in EXTENDED}
    for claim in (BY_NAME["E3"], BY_NAME["E4"]):
        assert claim in LEFT_OUT
        assert {of[slug] for slug in (*claim.figures, *(h.figure for h in claim.hypotheses))} == {claim.study}


def test_without_points_nothing_is_said() -> None:
    sweep = _related(1, rounding=20)
    empty = Sweep(sweep.manifest, sweep.tables | {"critical_points": sweep.tables["critical_points"].iloc[:0]})
    for claim in (BY_NAME["E3"], BY_NAME["E4"]):
        assert {s.n_seeds for s in judged(studies(*empty), claims=[claim])[0].statements} == {0}
