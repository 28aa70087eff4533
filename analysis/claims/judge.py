"""Verdicts on claims, each at a level that the project's number of claims fixes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from analysis.claims.betting import fewest
from analysis.claims.intervals import Interval, at_every_look
from analysis.claims.statement import AGAINST, FOR, Claim, Statement, Verdict, claim_verdict, verdict
from analysis.frames import Results, StudyResults

LEVEL = 0.05
"""Chance that any claim of a project is ever said to hold, or its opposite to, where there is no effect at all."""
_MOST_SEEDS = 2_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A statement after the data: effect and interval in its unit, the finding in words."""

    statement: Statement
    interval: Interval
    verdict: Verdict
    finding: str = ""
    needed: int | None = None
    """Seeds (or runs) that settle it if further ones look like those that are there; None if more than 2,000."""
    n_seeds: int = 0
    """Seeds that judge it of which runs are there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """A claim with its verdict and its statements' verdicts."""

    claim: Claim
    verdict: Verdict
    statements: tuple[Judged, ...]

    @property
    def turns_on(self) -> Judged:
        """The statement that the verdict hangs on: the first that speaks against, else is open, else the weakest."""
        order = (*AGAINST, Verdict.OPEN, *reversed(FOR))
        return min(self.statements, key=lambda judged: order.index(judged.verdict))

    @property
    def needed(self) -> int | None:
        """Seeds or runs that settle every statement, as far as the present ones tell; None if more than 2,000."""
        each = [judged.needed for judged in self.statements]
        return None if None in each else max((n for n in each if n is not None), default=0)


def judged(studies: Results, claims: Sequence[Claim], n_claims: int) -> tuple[Judgement, ...]:
    """Every claim's verdict, in order.

    Each claim is judged at a level of `LEVEL` over the project's number of claims, whether they were run or not, so
    that no verdict depends on what else was run. Within a claim nothing is corrected, since it holds only if all
    statements do, unless it says that each of them counts.

    Args:
        studies: What was found.
        claims: To be judged.
        n_claims: How many claims the project has, these among them.
    """
    level = LEVEL / max(n_claims, 1)
    return tuple(_judgement(claim, studies, level) for claim in claims)


def _judgement(claim: Claim, studies: Results, level: float) -> Judgement:
    of = [(statement, studies[statement.study or claim.study]) for statement in claim.statements]
    asked = [(statement, study) for statement, study in of if statement.asked(study)]
    one_by_one = _each(asked, level, n_others=len(of) - len(asked)) if claim.each else ()
    found = one_by_one or tuple(weigh(statement, study, level) for statement, study in asked)
    return Judgement(claim=claim, verdict=claim_verdict([judged.verdict for judged in found]), statements=found)


def _each(of: Sequence[tuple[Statement, StudyResults]], level: float, n_others: int) -> tuple[Judged, ...]:
    """Every statement judged for itself: those that are open share the level, and `n_others` that were not asked.

    References:
        Holm 1979, Scandinavian Journal of Statistics 6(2).
    """
    levels, left = dict[int, float](), list(range(len(of)))
    while left:
        levels |= dict.fromkeys(left, level / (len(left) + n_others))
        still = [k for k in left if _is_open(*of[k], levels[k])]
        left = still if len(still) < len(left) else []
    return tuple(weigh(*each, levels[k]) for k, each in enumerate(of))


def weigh(statement: Statement, study: StudyResults, level: float) -> Judged:
    """One statement's verdict from a study's finished runs."""
    sample, fresh = statement.sample(study), statement.judging(study)
    interval = at_every_look(statement.weighed, sample, level)
    said = verdict(interval.low, interval.high, statement.matters)
    done = fresh.where(statement.of).runs if statement.of else fresh.runs
    return Judged(
        statement=statement,
        interval=interval,
        verdict=said,
        finding=statement.finding(fresh) if statement.finding and interval.n else "",
        needed=interval.n if said is not Verdict.OPEN else seeds_needed(statement, sample, level),
        n_seeds=done["seed"].nunique() if "seed" in done else len(done),
    )


def _is_open(statement: Statement, study: StudyResults, level: float) -> bool:
    interval = at_every_look(statement.weighed, statement.sample(study), level)
    return verdict(interval.low, interval.high, statement.matters) is Verdict.OPEN


def seeds_needed(statement: Statement, sample: Float[np.ndarray, "..."], level: float) -> int | None:
    """Number of seeds that settle a statement if further ones look like those of the sample, to 3%; None if over 2,000.

    Without any seed: as many as settle it if all agree.
    """
    n = fewest(level)
    if not len(sample):
        return n
    n = max(n, statement.weighed.interval(sample, level).n + 1)
    while n <= _MOST_SEEDS:
        interval = statement.weighed.interval(statement.weighed.continued(sample, n), level)
        if verdict(interval.low, interval.high, statement.matters) is not Verdict.OPEN:
            return n
        n = max(n + 1, int(1.03 * n))
    return None
