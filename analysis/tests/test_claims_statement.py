"""The rule from an interval to a verdict, and from statements' verdicts to a claim's."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.claims.statement import AGAINST, FOR, Statement, Verdict, claim_verdict, verdict
from analysis.frames import Results

V = Verdict
OF_STATEMENTS = (V.HOLDS, V.SIZE_OPEN, V.SMALL, V.SAME, V.OPPOSITE, V.OPEN)
numbers = st.floats(-3, 3) | st.sampled_from([-0.5, 0.0, 0.5])


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.6, 0.9, V.HOLDS),
        (0.6, math.inf, V.HOLDS),
        (0.2, 0.9, V.SIZE_OPEN),
        (0.2, 0.4, V.SMALL),
        (0.5, 0.5, V.SIZE_OPEN),
        (-0.4, 0.4, V.SAME),
        (-0.4, -0.1, V.SAME),
        (-0.9, -0.1, V.OPPOSITE),
        (-math.inf, -0.6, V.OPPOSITE),
        (-0.9, 0.1, V.OPEN),
        (-0.1, 0.9, V.OPEN),
        (0.0, 0.9, V.OPEN),
        (-math.inf, math.inf, V.OPEN),
    ],
)
def test_a_statement_s_verdict_is_where_its_interval_lies(low: float, high: float, expected: Verdict) -> None:
    assert verdict(low, high, 0.5) is expected


def test_where_any_effect_matters_nothing_is_small_or_the_same() -> None:
    assert verdict(0.001, 0.002, 0) is V.HOLDS
    assert verdict(-0.002, -0.001, 0) is V.OPPOSITE
    assert verdict(0, 0, 0) is V.OPEN


@given(st.lists(numbers, min_size=4, max_size=4), st.floats(0, 2))
def test_an_interval_that_shrinks_inside_itself_never_contradicts_a_settled_verdict(
    ends: list[float], matters: float
) -> None:
    low, inner_low, inner_high, high = sorted(ends)
    before, after = verdict(low, high, matters), verdict(inner_low, inner_high, matters)
    may = {
        V.HOLDS: {V.HOLDS},
        V.SIZE_OPEN: {V.HOLDS, V.SIZE_OPEN, V.SMALL},
        V.SMALL: {V.SMALL},
        V.SAME: {V.SAME, V.SMALL},  # too small to matter, and then also known to be above 0
        V.OPPOSITE: {V.OPPOSITE, V.SAME},  # below 0, and then also known to be too small to matter
        V.OPEN: set(OF_STATEMENTS),
    }
    assert after in may[before]


@given(numbers, numbers, st.floats(0, 2))
def test_what_speaks_for_a_statement_never_speaks_for_its_opposite(one: float, other: float, matters: float) -> None:
    low, high = sorted((one, other))
    said, turned = verdict(low, high, matters), verdict(-high, -low, matters)
    assert not (said in FOR and turned in FOR)
    assert (said is V.OPEN) == (turned is V.OPEN)


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([V.HOLDS, V.HOLDS], V.HOLDS),
        ([V.HOLDS, V.SMALL], V.SMALL),
        ([V.HOLDS, V.SIZE_OPEN], V.SIZE_OPEN),
        ([V.SIZE_OPEN, V.SMALL], V.SMALL),
        ([V.SAME, V.SAME], V.SAME),
        ([V.OPPOSITE, V.OPPOSITE], V.OPPOSITE),
        ([V.SAME, V.OPPOSITE], V.FAILS),
        ([V.SAME, V.OPEN], V.FAILS),
        ([V.HOLDS, V.SAME], V.MIXED),
        ([V.SMALL, V.OPPOSITE, V.OPEN], V.MIXED),
        ([V.HOLDS, V.OPEN], V.OPEN),
        ([V.OPEN], V.OPEN),
        ([], V.OPEN),
    ],
)
def test_a_claim_s_verdict_whatever_the_order_of_its_statements(statements: list[Verdict], expected: Verdict) -> None:
    for order in itertools.permutations(statements):
        assert claim_verdict(order) is expected


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_a_claim_holds_only_if_every_statement_does_and_the_rule_knows_every_case(n: int) -> None:
    for verdicts in itertools.combinations_with_replacement(OF_STATEMENTS, n):
        found = {claim_verdict(order) for order in itertools.permutations(verdicts)}
        assert len(found) == 1
        assert (found <= set(FOR)) == all(each in FOR for each in verdicts)
        assert (found <= set(AGAINST)) == (any(e in AGAINST for e in verdicts) and not any(e in FOR for e in verdicts))


_RUNS = pd.DataFrame({"run_id": list("abcd"), "seed": [0, 1, 2, 3], "value": [1.0, 2.0, 3.0, 4.0]})
_MANIFEST = _RUNS[["run_id", "seed"]].assign(study="s", smoke=False, kind="k", fields=[("seed",)] * 4)
_STATEMENT = Statement(
    words="w", unit="u", matters=0, effect=lambda study: np.sort(study.runs["value"].to_numpy(float))
)


def _sample(statement: Statement, manifest: pd.DataFrame = _MANIFEST, runs: pd.DataFrame = _RUNS) -> list[float]:
    return statement.sample(Results(manifest, {"runs": runs[["run_id", "value"]]})["s"]).tolist()


def test_seeds_that_were_looked_at_before_do_not_judge() -> None:
    assert _sample(_STATEMENT) == [1, 2, 3, 4]
    assert _sample(replace(_STATEMENT, explored=2)) == [3, 4]
    assert _sample(replace(_STATEMENT, explored=9)) == []


def test_smoke_runs_and_a_study_without_a_finished_run_say_nothing() -> None:
    assert _sample(_STATEMENT, _MANIFEST.assign(smoke=True)) == []
    assert _sample(_STATEMENT, runs=_RUNS.iloc[:0]) == []
    assert _sample(_STATEMENT, runs=_RUNS.iloc[1:2]) == [2]


def test_a_statement_is_asked_where_the_sweep_is_meant_to_have_its_runs_or_has_none_of_the_study() -> None:
    study = Results(_MANIFEST, {"runs": _RUNS})["s"]
    for seeds, asked in ((3, True), (9, False)):
        chosen = replace(_STATEMENT, of=lambda expected, seeds=seeds: expected["seed"] == seeds)
        assert chosen.asked(study) is asked
        assert chosen.asked(replace(study, expected=study.expected.iloc[:0]))
