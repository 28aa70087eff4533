"""Judgements as the report shows them: text that says the same without colour."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from analysis import names
from analysis.claims.statement import Judgement, Scale, Statement, Verdict
from analysis.claims.statistics import LEVEL
from analysis.figure import Figure
from analysis.summary import Table

_MARKS = {Verdict.HOLDS: "✓", Verdict.FAILS: "✗", Verdict.MIXED: "±", Verdict.OPEN: "?"}
_COUNTED = {
    Verdict.HOLDS: ("holds", "hold"),
    Verdict.FAILS: ("does not", "do not"),
    Verdict.OPEN: ("is open", "are open"),
}
_SMALL = 0.001
_POINTS = 100


def row(of: Judgement, figures: Mapping[str, Figure]) -> dict[str, Any]:
    """A claim's row of the verdict table; the effect is that of the statement on which the verdict turns.

    Args:
        of: The claim, judged.
        figures: The figures of its section, by slug.
    """
    claim, turning = of.claim, of.turns_on
    about = [figures[slug] for slug in claim.figures if slug in figures]
    return {
        "name": claim.name,
        "words": f"“{claim.words}”" if claim.quoted else claim.words,
        "mark": _MARKS[of.verdict],
        "verdict": of.verdict.value,
        "count": _count(of.statements),
        "effect": effect(turning),
        "about": "" if math.isnan(turning.effect) else turning.unit,
        "seeds": turning.n_seeds,
        "figures": [{"number": figure.number, "png": f"figures/{figure.name}.png"} for figure in about],
    }


def detail(of: Judgement, figures: Mapping[str, Figure]) -> dict[str, Any]:
    """A claim as its section shows it: every statement, and what is measured for each."""
    header = (
        "statement",
        "verdict",
        "effect (95% interval)",
        "of",
        "least that matters",
        "seeds",
        "p if no effect",
        "p if the least",
    )
    rows = tuple(
        (
            statement.words,
            f"{_MARKS[statement.verdict]} {statement.verdict}",
            effect(statement),
            statement.unit,
            _shown(statement.matters, statement.scale),
            str(statement.n_seeds),
            _chance(statement.p_holds),
            _chance(statement.p_fails),
        )
        for statement in of.statements
    )
    return row(of, figures) | {
        "reading": of.claim.reading,
        "statements": Table(header=header, rows=rows),
        "statistics": [(statement.words, statement.statistic) for statement in of.statements],
    }


def notes(families: Sequence[tuple[str, Sequence[Judgement]]]) -> list[str]:
    """The rules of the verdicts; what the effects are, and how the tests behind them are done and corrected.

    Args:
        families: The note of each family of claims, and its judgements.
    """
    if not families:
        return []
    n_tested = _n_tested(families[0][1])
    here = (
        f"{names.count(n_tested, 'statement')} tested here: a mean over seeds takes at least "
        f"{math.ceil(math.log2(n_tested / LEVEL))} of them for that"
        if n_tested
        else "no statement has enough seeds to be tested here"
    )
    rules = (
        "A statement holds if the seeds reject that there is no effect or the opposite one; it does not hold if they "
        "reject that the effect is as large as the least that matters; otherwise the seeds are too few to say. A claim "
        "is mixed if some of its statements hold and some do not; as long as an open statement could change its "
        "verdict, the seeds are too few to say. These rules were fixed before the data was seen."
    )
    tests = (
        "Effect: of the statement on which the verdict hangs, with a 95% bootstrap interval over seeds; above 0, or "
        "above ×1, it speaks for the claim. Tests: one-sided, over seeds, within a seed where runs share it, corrected "
        f"by Holm's method over all statements ({here}), so that a report has any wrong “holds” with a chance of at "
        f"most {LEVEL:.0%}, and likewise any wrong “does not hold”; that takes effects that "
        "scatter evenly around their mean."
    )
    own = [note.format(tested=names.count(_n_tested(judgements), "statement")) for note, judgements in families if note]
    return [rules, tests, *own]


def _n_tested(judgements: Sequence[Judgement]) -> int:
    return sum(not math.isnan(s.p_holds) for judgement in judgements for s in judgement.statements)


def effect(of: Statement) -> str:
    """The effect with its interval, as the scale has it."""
    if math.isnan(of.effect):
        return "not measured"
    middle = _shown(of.effect, of.scale)
    if math.isnan(of.low):
        return f"{middle} (no interval)"
    low, high = (_shown(bound, of.scale).removesuffix(" points") for bound in (of.low, of.high))
    return f"{middle} ({low} to {high})"


def _shown(value: float, scale: Scale) -> str:
    if scale == "factor":
        return f"×{names.number(10**value, 3)}"
    if scale == "points":
        return f"{_number(_POINTS * value)} points"
    return _number(value)


def _number(value: float) -> str:
    return names.number(value, 3).replace("-", "\N{MINUS SIGN}")


def _chance(p: float) -> str:
    if math.isnan(p):
        return "not tested"
    return f"<{_SMALL}" if p < _SMALL else names.number(p, 2)


def _count(statements: Sequence[Statement]) -> str:
    counts = [(sum(s.verdict is verdict for s in statements), words) for verdict, words in _COUNTED.items()]
    told = ", ".join(f"{n} {words[n > 1]}" for n, words in counts if n)
    return f"of {names.count(len(statements), 'statement')}, {told}"
