"""The rules, and what they promise of many statements at once: on null data, on borderline data, and with effects."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from analysis.claims.judge import judged, ruled
from analysis.claims.statement import Claim, Hypothesis, Verdict, claim_verdict, statement_verdict
from analysis.claims.statistics import LEVEL, Evidence, of_mean, sign_flip
from hw1.studies.actual_task.claims import train_loss
from hw1.tests.page import synthetic
from hw1.tests.page.shown import studies

HOLDS, FAILS, MIXED, OPEN = Verdict.HOLDS, Verdict.FAILS, Verdict.MIXED, Verdict.OPEN
_MANIFEST = synthetic.manifest()
_TABLES = synthetic.tables(_MANIFEST)
_N_STATEMENTS = 8


def _claim(samples: np.ndarray, *, matters: float = 0.5) -> Claim:
    """A claim whose statements have these samples, one a row."""
    hypothesis = Hypothesis(
        words="w", statistic="s", unit="u", scale="number", matters=matters, figure=1, sample=lambda _: np.empty(0)
    )
    # The default binds each row: a lambda would see only the last.
    hypotheses = tuple(replace(hypothesis, sample=lambda _, row=row: row) for row in samples)
    return Claim(name="C", words="w", reading="r", study="random_labels", figures=(), hypotheses=hypotheses)


def _verdicts(samples: np.ndarray, *, matters: float = 0.5) -> list[Verdict]:
    hypotheses = _claim(samples, matters=matters).hypotheses
    return [s.verdict for s in ruled(hypotheses, [of_mean(row, matters) for row in samples])]


def _share_of_reports(
    verdict: Verdict, *, mean: float, n_draws: int = 1000, n_statements: int = _N_STATEMENTS
) -> float:
    """In how many of many made-up reports any statement gets this verdict."""
    rng = np.random.default_rng(20)
    draws = rng.normal(mean, 1, (n_draws, n_statements, 10))
    return float(np.mean([verdict in _verdicts(draw, matters=1.0) for draw in draws]))


def test_without_any_effect_a_report_has_a_wrong_holds_in_5_percent_of_1000_draws() -> None:
    assert 0.03 <= _share_of_reports(HOLDS, mean=0) <= 0.065


def test_at_effects_that_just_matter_a_report_has_a_wrong_does_not_hold_in_5_percent_of_1000_draws() -> None:
    assert 0.03 <= _share_of_reports(FAILS, mean=1) <= 0.065


def test_one_statement_alone_is_wrong_in_no_more_than_5_percent_of_1000_draws() -> None:
    assert 0.015 <= _share_of_reports(HOLDS, mean=0, n_statements=1) <= 0.065


def test_null_data_of_a_study_holds_in_5_percent_of_1000_draws_before_any_correction() -> None:
    """From a frame on: both networks' losses from one distribution, 1000 times 8 seeds."""
    rng = np.random.default_rng(11)
    losses = {model: rng.lognormal(-3, 0.4, 8000) for model in ("lenet", "cnn")}
    manifest = _MANIFEST[_MANIFEST["study"] == "actual_task"]
    many = manifest.loc[manifest.index.repeat(8000)].reset_index(drop=True)
    many["seed"] = many.groupby("model").cumcount()
    many["run_id"] = many["model"] + many["seed"].astype(str)
    runs = many[["run_id"]].assign(train_loss=[losses[m][s] for m, s in zip(many["model"], many["seed"], strict=True)])
    effects = train_loss(studies(many, {"runs": runs.sample(frac=1, random_state=0)})["actual_task"])
    np.testing.assert_allclose(effects, np.log10(losses["cnn"] / losses["lenet"]))
    assert 0.035 <= np.mean([sign_flip(draw) <= LEVEL for draw in effects.reshape(1000, 8)]) <= 0.065


def test_clear_effects_are_found_in_either_direction_among_nulls() -> None:
    rng = np.random.default_rng(2)
    samples = np.concatenate([rng.normal(mean, 0.2, (2, 10)) for mean in (1, 0.5, -1)])
    assert _verdicts(samples)[:2] == [HOLDS] * 2
    assert _verdicts(samples)[4:] == [FAILS] * 2


def test_the_correction_is_over_all_claims_of_the_report() -> None:
    sample = np.arange(1.0, 9)[None]
    few = [_claim(np.repeat(sample, 10, axis=0))]
    assert {s.verdict for s in judged(studies(_MANIFEST, _TABLES), claims=few)[0].statements} == {HOLDS}
    many = [replace(few[0], name=name) for name in ("A", "B")]
    for judgement in judged(studies(_MANIFEST, _TABLES), claims=many):
        assert judgement.verdict is OPEN
        assert {s.p_holds for s in judgement.statements} == {20 / 256}


def test_statements_without_enough_seeds_do_not_weigh_on_the_others() -> None:
    ready = _claim(np.arange(1.0, 9)[None])
    waiting = replace(_claim(np.ones((30, 2))), name="waiting")
    found = judged(studies(_MANIFEST, _TABLES), claims=[ready, waiting])
    assert [judgement.verdict for judgement in found] == [HOLDS, OPEN]


def _evidence(low: float, high: float) -> Evidence:
    return Evidence(effect=(low + high) / 2, low=low, high=high, n_seeds=9, chance_of_none=0.0, chance_of_enough=0.0)


@pytest.mark.parametrize(
    ("low", "high", "p_holds", "p_fails", "verdict"),
    [
        (0.2, 0.9, 0.01, 0.5, HOLDS),  # an effect, perhaps one that matters
        (0.2, 0.9, 0.06, 0.5, OPEN),  # not after the correction
        (-0.1, 0.9, 0.01, 0.5, OPEN),  # not by the interval
        (-0.9, -0.2, 1, 0.01, FAILS),  # the opposite
        (-0.1, 0.4, 0.3, 0.01, FAILS),  # nothing that matters
        (0.1, 0.4, 0.01, 0.01, FAILS),  # an effect, but too small
        (-0.1, 0.4, 0.3, 0.06, OPEN),
        (-0.1, 0.6, 0.3, 0.01, OPEN),
        (float("nan"), float("nan"), float("nan"), float("nan"), OPEN),
    ],
)
def test_a_statement_s_verdict(low: float, high: float, p_holds: float, p_fails: float, verdict: Verdict) -> None:
    found = statement_verdict(_evidence(low, high), p_holds=p_holds, p_fails=p_fails, matters=0.5)
    assert found is verdict


@pytest.mark.parametrize(
    ("statements", "verdict"),
    [
        ([HOLDS, HOLDS], HOLDS),
        ([FAILS, FAILS], FAILS),
        ([HOLDS, FAILS], MIXED),
        ([HOLDS, FAILS, OPEN], MIXED),
        ([HOLDS, OPEN], OPEN),
        ([FAILS, OPEN], OPEN),
        ([OPEN], OPEN),
        ([], OPEN),
    ],
)
def test_a_claim_s_verdict(statements: list[Verdict], verdict: Verdict) -> None:
    for order in itertools.permutations(statements):
        assert claim_verdict(order) is verdict


@pytest.mark.parametrize("n", range(4))
def test_a_claim_s_verdict_is_one_that_open_statements_could_no_longer_change(n: int) -> None:
    for known in itertools.product((HOLDS, FAILS), repeat=n):
        ends = {claim_verdict([*known, more]) for more in (HOLDS, FAILS)}
        now = claim_verdict([*known, OPEN])
        assert (ends == {now}) if len(ends) == 1 and n else now is OPEN
