"""What a claim consists of, and the rules by which evidence becomes a verdict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import numpy as np
import pandas as pd
from jaxtyping import Float

from analysis.claims.statistics import LEVEL, Evidence, of_mean
from analysis.frames import StudyResults

Scale = Literal["number", "factor", "points"]
"""How an effect is shown: as it is, as a factor (it is a log10), or in percentage points (it is a fraction)."""


class Verdict(StrEnum):
    """What can be said; only a claim of several statements can be mixed."""

    HOLDS = "holds"
    FAILS = "does not hold"
    MIXED = "mixed"
    OPEN = "too few seeds to say"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hypothesis:
    """One statement of a claim before any data: what is measured per seed, and which effect would matter.

    `sample` gives each seed's effect, positive where it speaks for the statement; a seed of which a needed run is
    missing is not in it. `of` selects the expected runs that it is about, where that is not the whole study.
    """

    words: str
    statistic: str
    unit: str
    scale: Scale
    matters: float
    figure: str
    sample: Callable[[StudyResults], Float[np.ndarray, "..."]]
    weigh: Callable[[Any, float], Evidence] = of_mean
    of: Callable[[pd.DataFrame], pd.Series] | None = None

    def asked(self, study: StudyResults) -> bool:
        """Whether the sweep is meant to have runs for this, or has no run of the study at all."""
        return not self.of or study.expected.empty or bool(self.of(study.expected).any())

    def evidence(self, study: StudyResults) -> Evidence:
        """What the study's finished runs say; smoke runs, cut short, say nothing."""
        known = not study.smoke and len(study.missing) < len(study.expected)
        return self.weigh(self.sample(study) if known else np.empty(0), self.matters)


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One statement after the data. `effect`, `low` and `high` are in `unit` (log10 where `scale` is factor)."""

    words: str
    statistic: str
    unit: str
    scale: Scale
    matters: float
    figure: str
    effect: float
    low: float
    high: float
    n_seeds: int
    p_holds: float
    p_fails: float
    verdict: Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """One claim: its words, how they are read, and the figures that it is about."""

    name: str
    words: str
    reading: str
    study: str = ""
    """Set by the page: the study of the section that holds the claim."""
    figures: tuple[str, ...]
    hypotheses: tuple[Hypothesis, ...]
    quoted: bool = True
    """Whether the words are the report's own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """A claim with its verdict and its statements' verdicts."""

    claim: Claim
    verdict: Verdict
    statements: tuple[Statement, ...]

    @property
    def turns_on(self) -> Statement:
        """The statement that the verdict hangs on: the first that fails, else that is open, else the first."""
        order = (Verdict.FAILS, Verdict.OPEN, Verdict.HOLDS)
        return min(self.statements, key=lambda statement: order.index(statement.verdict))


def statement_verdict(evidence: Evidence, *, p_holds: float, p_fails: float, matters: float) -> Verdict:
    """The verdict on one statement, from its evidence and its chances as corrected for all statements of the report.

    It does not hold if effects of the size that matters are rejected and lie outside the interval, be the effect the
    opposite one or only too small. It holds if that is not so, and no or an opposite effect is rejected and lies
    outside the interval. Otherwise the seeds are too few to say: not evidence against, but no evidence.
    """
    if p_fails <= LEVEL and evidence.high < matters:
        return Verdict.FAILS
    if p_holds <= LEVEL and evidence.low > 0:
        return Verdict.HOLDS
    return Verdict.OPEN


def claim_verdict(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict on a claim: the one that its open statements could no longer change.

    Mixed as soon as one statement holds and one does not; else too few seeds to say while any is open; else what all
    statements say.
    """
    if {Verdict.HOLDS, Verdict.FAILS} <= set(verdicts):
        return Verdict.MIXED
    return Verdict.OPEN if Verdict.OPEN in verdicts or not verdicts else verdicts[0]
