"""Claims and their statements, and the rule by which an interval becomes a verdict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
import pandas as pd
from jaxtyping import Float

from analysis.claims.intervals import MEDIAN, Weighed
from analysis.frames import StudyResults

Scale = Literal["number", "factor", "points"]
"""Scale of an effect: as it is, as a factor (it is a log10), or in percentage points (it is a fraction)."""


class Verdict(StrEnum):
    """Verdicts on statements and claims; the last two are of claims only."""

    HOLDS = "holds"
    SIZE_OPEN = "holds, how much is open"
    SMALL = "holds, small"
    SAME = "no difference that matters"
    OPPOSITE = "the opposite"
    OPEN = "open"
    MIXED = "holds in part"
    FAILS = "does not hold"


FOR = (Verdict.HOLDS, Verdict.SIZE_OPEN, Verdict.SMALL)
"""Verdicts that speak for a statement, the strongest first."""
AGAINST = (Verdict.SAME, Verdict.OPPOSITE, Verdict.FAILS)
"""Verdicts that speak against it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One statement of a claim before any data: what is measured for each seed, and which effect would matter."""

    words: str
    effect: Callable[[StudyResults], Float[np.ndarray, "..."]]
    """Of each seed of which all needed runs are there, in the order of seeds, positive where it speaks for the
    statement; or what `weighed` takes."""
    unit: str
    matters: float
    """The smallest effect that matters, in `unit` (log10 where `scale` is factor); 0 where any does."""
    because: str = ""
    """Reason why that is the smallest that matters."""
    measure: str = ""
    """Measurement of the effect."""
    finding: Callable[[StudyResults], str] | None = None
    """Finding as a sentence with its numbers; None to say the effect."""
    scale: Scale = "number"
    figure: str = ""
    of: Callable[[pd.DataFrame], pd.Series] | None = None
    """The expected runs that it is about, where that is not the whole study."""
    study: str = ""
    """The study whose runs it is about, where that is not its claim's."""
    explored: int = 0
    """Seeds below it were looked at before the statement was written down; only the others judge it."""
    weighed: Weighed = MEDIAN

    def asked(self, study: StudyResults) -> bool:
        """True if the sweep is meant to have runs for this, or has no run of the study at all."""
        return not self.of or study.expected.empty or bool(self.of(study.expected).any())

    def judging(self, study: StudyResults) -> StudyResults:
        """The seeds that judge it."""
        if not self.explored or "seed" not in study.expected:
            return study
        return study.where(lambda expected: expected["seed"] >= self.explored)

    def sample(self, study: StudyResults) -> Float[np.ndarray, "..."]:
        """Effects of the judging seeds; smoke runs, cut short, say nothing."""
        fresh = self.judging(study)
        known = not study.smoke and len(fresh.missing) < len(fresh.expected)
        return self.effect(fresh) if known else np.empty(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """One claim: its words, how they are read, and the figures that it is about. It holds if all its statements do."""

    name: str
    words: str
    statements: tuple[Statement, ...]
    reading: str = ""
    study: str = ""
    """Set by the page: the study of the section that holds the claim."""
    figures: tuple[str, ...] = ()
    quoted: bool = True
    """True if the words are the report's own."""
    each: bool = False
    """True if every statement is to be told for itself, so that the level is shared among them."""


def verdict(low: float, high: float, matters: float) -> Verdict:
    """Zone of an interval: the verdict on a statement, which changes only as its interval moves.

    Args:
        low: The least effect that is not rejected.
        high: The greatest.
        matters: The smallest effect that matters.
    """
    if low > matters:
        return Verdict.HOLDS
    if low > 0:
        return Verdict.SMALL if high < matters else Verdict.SIZE_OPEN
    if -matters < low and high < matters:
        return Verdict.SAME
    return Verdict.OPPOSITE if high < 0 else Verdict.OPEN


def claim_verdict(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict on a claim, which holds if all its statements do, as strongly as the weakest.

    Where one speaks for it and one against, it holds in part; where one speaks against it and none for it, it does not
    hold (in the words of its statements, if they all say the same); else it is open.
    """
    speaking = [v for v in verdicts if v in FOR]
    against = [v for v in verdicts if v in AGAINST]
    if speaking and against:
        return Verdict.MIXED
    if against:
        return against[0] if set(verdicts) == {against[0]} else Verdict.FAILS
    return max(speaking, key=FOR.index) if verdicts and len(speaking) == len(verdicts) else Verdict.OPEN
