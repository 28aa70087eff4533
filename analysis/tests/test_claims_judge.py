"""What verdicts promise of a project's claims at once, by simulation; and what no further study or look can change."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.claims.betting import least
from analysis.claims.intervals import CORRELATION, SHARE, Weighed
from analysis.claims.judge import judged, seeds_needed
from analysis.claims.statement import FOR, Claim, Statement, Verdict, verdict
from analysis.frames import Results
from analysis.tests.simulated import DRAWS, EACH, N_CLAIMS, bounds, ever_for

V = Verdict
_NO_RUNS = {"runs": pd.DataFrame({"run_id": []}, dtype=str)}


def _claim(name: str, *samples: np.ndarray, matters: float = 0.5, weighed: Weighed | None = None) -> Claim:
    """A claim whose statements have these samples."""
    more = {"weighed": weighed} if weighed else {}
    statements = tuple(
        Statement(words="w", unit="u", matters=matters, effect=lambda _, sample=sample: sample, **more)  # type: ignore[misc]
        for sample in samples
    )
    return Claim(name=name, words="w", study="s", statements=statements)


def _studies(*names: str) -> Results:
    """One finished run of each study: what a statement's effect is made of does not matter here."""
    ids = [f"{name}-run" for name in names]
    manifest = pd.DataFrame({"run_id": ids, "study": names, "smoke": False, "seed": 0, "kind": "k"})
    manifest["fields"] = [("seed",)] * len(names)
    return Results(manifest, {"runs": pd.DataFrame({"run_id": ids})})


@pytest.mark.parametrize("n", [5, 8, 10, 20])
@pytest.mark.parametrize("name", DRAWS)
def test_without_any_effect_some_claim_of_20_holds_in_at_most_5_percent_of_1000_draws(name: str, n: int) -> None:
    low, _ = bounds(DRAWS[name](np.random.default_rng(n), (1000, N_CLAIMS, n)))
    assert (low > 0).any(axis=1).mean() <= 0.05


@pytest.mark.parametrize("name", DRAWS)
def test_so_it_is_where_somebody_looks_after_every_seed_from_5_to_40(name: str) -> None:
    samples = DRAWS[name](np.random.default_rng(2), (1000, N_CLAIMS, 40))
    looks = range(5, 41)
    holds, opposite = (ever_for(sign * samples, looks).any(axis=1) for sign in (1, -1))
    assert (holds | opposite).mean() <= 0.05
    for n in looks:  # `ever_for` is what the intervals say
        low, _ = bounds(samples[:20, 0, :n])
        assert np.array_equal(low > 0, ever_for(samples[:20, 0], range(n, n + 1)))


@pytest.mark.parametrize(
    ("effect", "expected"),
    [(0.9, {V.HOLDS}), (0.25, {V.SMALL}), (0.0, {V.SAME}), (-0.25, {V.SAME}), (-0.9, {V.OPPOSITE})],
)
@pytest.mark.parametrize("name", DRAWS)
def test_with_2000_seeds_the_verdict_is_the_zone_of_the_true_effect(
    name: str, effect: float, expected: set[Verdict]
) -> None:
    samples = effect + DRAWS[name](np.random.default_rng(4), (100, 2000))
    said = [verdict(low, high, 0.5) for low, high in zip(*bounds(samples), strict=True)]
    assert set(said) == expected


@pytest.mark.parametrize("effect", [0.9, 0.25, 0.0, -0.9])
def test_as_seeds_are_added_no_wrong_verdict_stands_on_the_way(effect: float) -> None:
    """At all looks together, what is said is true of the effect in all but 5% of draws of 20 claims."""
    samples = effect + DRAWS["lognormal"](np.random.default_rng(6), (200, N_CLAIMS, 200))
    wrong = np.zeros(200, bool)
    for n in range(5, 201, 5):
        low, high = bounds(samples[..., :n])
        wrong |= ((low > effect) | (high < effect)).any(axis=1)
    assert wrong.mean() <= 0.05


def test_clear_effects_are_found_in_either_direction_with_ten_seeds() -> None:
    rng = np.random.default_rng(2)
    claims = [_claim(str(mean), rng.normal(mean, 0.1, 10)) for mean in (1, 0.25, 0, -1)]
    found = [of.verdict for of in judged(_studies("s"), claims, N_CLAIMS)]
    assert found == [V.HOLDS, V.SMALL, V.SAME, V.OPPOSITE]


def test_a_verdict_depends_on_its_own_seeds_and_the_number_of_claims_that_the_project_has() -> None:
    rng = np.random.default_rng(3)
    claims = [_claim(str(k), *rng.normal(rng.normal(), 1, (2, 12))) for k in range(4)]
    every = judged(_studies("s", "other"), claims, N_CLAIMS)
    for k, claim in enumerate(claims):
        assert judged(_studies("s"), [claim], N_CLAIMS) == (every[k],)
    assert judged(_studies("s"), claims[::-1], N_CLAIMS) == every[::-1]


def test_claims_that_were_not_run_take_their_share_of_the_level() -> None:
    eight = _claim("C", np.arange(1.0, 9))
    assert judged(_studies("s"), [eight], 1)[0].verdict is V.HOLDS
    assert judged(_studies("s"), [eight], N_CLAIMS)[0].verdict is V.OPEN


def test_a_claim_hangs_on_what_speaks_against_it_else_on_what_is_open_else_on_the_weakest() -> None:
    clear, small, none = np.arange(1.0, 11), np.arange(1.0, 11) / 100, np.zeros(10)
    scattered = np.linspace(-3, 4, 10)
    for samples, at in (((clear, none, scattered), 1), ((clear, scattered), 1), ((clear, small), 1)):
        found = judged(_studies("s"), [_claim("C", *samples)], N_CLAIMS)[0]
        assert found.turns_on is found.statements[at]
    assert [s.verdict for s in found.statements] == [V.HOLDS, V.SMALL]


def test_what_is_settled_needs_no_more_seeds_and_what_is_open_as_many_as_settle_it() -> None:
    settled = judged(_studies("s"), [_claim("C", np.arange(1.0, 11))], N_CLAIMS)[0]
    assert (settled.verdict, settled.needed) == (V.HOLDS, 10)
    few = judged(_studies("s"), [_claim("C", np.ones(3))], N_CLAIMS)[0]
    assert (few.verdict, few.needed) == (V.OPEN, 10)
    nothing = judged(_studies("s"), [_claim("C", np.empty(0))], N_CLAIMS)[0]
    assert (nothing.verdict, nothing.needed) == (V.OPEN, 10)
    never = judged(_studies("s"), [_claim("C", np.tile([1.0, -1.0], 10), matters=0.0)], N_CLAIMS)[0]
    assert (never.verdict, never.needed) == (V.OPEN, None)
    assert judged(_studies("s"), [_claim("C", np.ones(3), np.ones(12))], N_CLAIMS)[0].needed == 12


@pytest.mark.parametrize(
    ("weighed", "sample"),
    [
        (None, np.linspace(-1, 4, 12)),
        (SHARE, np.repeat([1.0, 0.0], [9, 3])),
        (CORRELATION, np.column_stack([np.arange(20.0), np.arange(20.0) % 7])),
    ],
    ids=["median", "share", "correlation"],
)
def test_seeds_that_look_like_those_that_are_there_settle_it_at_the_number_that_was_named(
    weighed: Weighed | None, sample: np.ndarray
) -> None:
    (statement,) = _claim("C", sample, matters=0.1, weighed=weighed).statements
    n = seeds_needed(statement, sample, EACH)
    assert n is not None
    assert n > len(sample)
    for there, is_open in ((n, False), (round(n / 1.1), True)):
        interval = statement.weighed.interval(statement.weighed.continued(sample, there), EACH)
        assert (verdict(interval.low, interval.high, 0.1) is V.OPEN) == is_open


def test_explored_seeds_are_counted_and_a_finding_is_told_of_those_that_judge() -> None:
    ids = [f"{k}" for k in range(12)]
    manifest = pd.DataFrame({"run_id": ids, "study": "s", "smoke": False, "seed": range(12), "kind": "k"})
    manifest["fields"] = [("seed",)] * 12
    statement = Statement(
        words="w",
        unit="u",
        matters=0,
        effect=lambda study: study.runs["seed"].to_numpy(float),
        finding=lambda study: f"{len(study.runs)} seeds",
        explored=4,
    )
    claim = Claim(name="C", words="w", study="s", statements=(statement,))
    (found,) = judged(Results(manifest, {"runs": pd.DataFrame({"run_id": ids})}), [claim], 1)[0].statements
    assert (found.interval.n, found.n_seeds, found.finding) == (8, 8, "8 seeds")
    assert found.verdict in FOR
    assert found.interval.low == sorted(range(4, 12))[8 - (least(8, 1 / 2, 0.025) or 0)]


def test_a_statement_may_be_about_another_study() -> None:
    claim = _claim("C", np.arange(1.0, 11))
    (statement,) = claim.statements
    other = replace(claim, study="absent", statements=(replace(statement, study="s"),))
    assert judged(_studies("s"), [other], N_CLAIMS)[0].verdict is V.HOLDS
    assert judged(Results(_studies("s").manifest, _NO_RUNS), [other], N_CLAIMS)[0].verdict is V.OPEN
