"""All claims of a family judged together, so that testing many statements is accounted for."""

from collections.abc import Sequence

import numpy as np

from analysis.claims.statement import Claim, Hypothesis, Judgement, Statement, claim_verdict, statement_verdict
from analysis.claims.statistics import Evidence, holm
from analysis.frames import Results


def judged(studies: Results, claims: Sequence[Claim]) -> tuple[Judgement, ...]:
    """Every claim's verdict, in order.

    Each statement is tested twice, one-sided: against no effect (to hold) and against the smallest effect that matters
    (not to hold). Both families are corrected by Holm's method over all these statements that have enough seeds: a
    family of claims contains any wrong `holds` with a chance of at most 5%, and likewise any wrong `does not hold`.
    """
    asked = [(claim, h) for claim in claims for h in claim.hypotheses if h.asked(studies[claim.study])]
    found = [hypothesis.evidence(studies[claim.study]) for claim, hypothesis in asked]
    statements: dict[str, list[Statement]] = {claim.name: [] for claim in claims}
    for (claim, _), statement in zip(asked, ruled([hypothesis for _, hypothesis in asked], found), strict=True):
        statements[claim.name].append(statement)
    return tuple(_judgement(claim, statements[claim.name]) for claim in claims)


def ruled(hypotheses: Sequence[Hypothesis], found: Sequence[Evidence]) -> list[Statement]:
    """Every statement's verdict, from the evidence on each, corrected for all of them."""
    p_holds = holm(np.array([evidence.chance_of_none for evidence in found], dtype=float))
    p_fails = holm(np.array([evidence.chance_of_enough for evidence in found], dtype=float))
    return [
        _statement(hypothesis, evidence, float(holds), float(fails))
        for hypothesis, evidence, holds, fails in zip(hypotheses, found, p_holds, p_fails, strict=True)
    ]


def _judgement(claim: Claim, statements: Sequence[Statement]) -> Judgement:
    verdict = claim_verdict([statement.verdict for statement in statements])
    return Judgement(claim=claim, verdict=verdict, statements=tuple(statements))


def _statement(of: Hypothesis, evidence: Evidence, p_holds: float, p_fails: float) -> Statement:
    return Statement(
        words=of.words,
        statistic=of.statistic,
        unit=of.unit,
        scale=of.scale,
        matters=of.matters,
        figure=of.figure,
        effect=evidence.effect,
        low=evidence.low,
        high=evidence.high,
        n_seeds=evidence.n_seeds,
        p_holds=p_holds,
        p_fails=p_fails,
        verdict=statement_verdict(evidence, p_holds=p_holds, p_fails=p_fails, matters=of.matters),
    )
