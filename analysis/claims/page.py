"""Judgements as the page shows them: text that says the same without colour."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from analysis import names
from analysis.claims.judge import LEVEL, Judged, Judgement
from analysis.claims.statement import AGAINST, FOR, Scale, Verdict
from analysis.figure import Figure
from analysis.summary import Table

_MARKS = dict.fromkeys(FOR, "✓") | {
    Verdict.SAME: "≈",
    Verdict.OPPOSITE: "✗",
    Verdict.FAILS: "✗",
    Verdict.MIXED: "±",
    Verdict.OPEN: "?",
}
_KINDS = dict.fromkeys(FOR, "for") | dict.fromkeys(AGAINST, "against")
_POINTS = 100


def row(of: Judgement, figures: Mapping[str, Figure]) -> dict[str, Any]:
    """A claim in the strip of claims: what was found by the statement on which the verdict hangs.

    Args:
        of: The claim, judged.
        figures: The figures of its section, by slug.
    """
    claim = of.claim
    about = [figures[slug] for slug in claim.figures if slug in figures]
    return {
        "name": claim.name,
        "words": f"“{claim.words}”" if claim.quoted else claim.words,
        **_marked(of.verdict),
        "finding": told(of),
        "seeds": seeds(of.turns_on),
        "figures": [{"number": figure.number, "png": f"figures/{figure.name}.png"} for figure in about],
    }


def _marked(verdict: Verdict) -> dict[str, str]:
    kind = _KINDS.get(verdict, "open" if verdict is Verdict.OPEN else "part")
    return {"mark": _MARKS[verdict], "kind": kind, "verdict": verdict.value}


def beside(of: Judgement, words: str) -> dict[str, str] | None:
    """A claim beside a finding: its verdict, or that of its statement of these words; None if that is not asked."""
    if not words:
        return {"name": of.claim.name, "of": "", **_marked(of.verdict), "seeds": seeds(of.turns_on)}
    each = next((judged for judged in of.statements if judged.statement.words == words), None)
    return {"name": of.claim.name, "of": words, **_marked(each.verdict), "seeds": seeds(each)} if each else None


def detail(of: Judgement, figures: Mapping[str, Figure]) -> dict[str, Any]:
    """A claim as its section shows it: every statement, and how each is measured."""
    header = ("statement", "verdict", "found", "effect (interval)", "least that matters", "seeds")
    rows = tuple(
        (
            judged.statement.words,
            f"{_MARKS[judged.verdict]} {judged.verdict}",
            judged.finding or "–",
            f"{effect(judged)}, {judged.statement.unit}" if judged.interval.n else "not measured",
            shown(judged.statement.matters, judged.statement.scale) if judged.statement.matters else "any",
            seeds(judged),
        )
        for judged in of.statements
    )
    return row(of, figures) | {
        "reading": of.claim.reading,
        "statements": Table(header=header, rows=rows),
        "measures": [(each.statement.words, text) for each in of.statements if (text := _measure(each))],
    }


def notes(n_claims: int, judgements: Sequence[Judgement]) -> list[str]:
    """The rules of the verdicts, in words.

    Args:
        n_claims: Claims of the project.
        judgements: Those that are shown.
    """
    if not judgements:
        return []
    rules = (
        "How to read the verdicts: of every seed there is one number that speaks for or against a statement, such as "
        "how many times as long one network takes as another, and it is written down how large it must be to matter. "
        "If the interval of its median over seeds lies beyond that, the statement holds; if all of it lies above 0 but "
        "not beyond, it holds, small; above 0 and on both sides of what matters, it holds, how much is open; within "
        "what matters on both sides of 0, there is no difference that matters; below 0, the opposite holds. Otherwise "
        "it is open: most often for want of seeds, for even if all agree, it takes about ten to rule out chance. A "
        "claim holds if all its statements do; it holds in part if one does and one does not, whatever is open; it "
        "does not hold if one does not and none does. Beside it stands the statement on which its verdict hangs."
    )
    tests = (
        f"The chance that any of the project's {names.count(n_claims, 'claim')} is ever said to hold, or its opposite "
        f"to, where there is no effect is at most {LEVEL:.0%}: whichever of them were run, and however often somebody "
        "looks and adds seeds. No distribution is assumed; only rank correlations are judged by an approximation for "
        "many runs. A single statement is not corrected for how many its claim has."
        f"{_told_one_by_one(judgements)}"
    )
    fresh = (
        "Seeds that were looked at before a statement was written down do not judge it, nor are they in what it found."
    )
    any_explored = any(judged.statement.explored for of in judgements for judged in of.statements)
    return [rules, f"{tests} {fresh}" if any_explored else tests]


def _told_one_by_one(judgements: Sequence[Judgement]) -> str:
    told = names.few(of.claim.name for of in judgements if of.claim.each)
    by = " is told for itself, by Holm's method, from counts of runs that are judged once, when all are there."
    return f" Each statement of {told}{by}" if told else ""


def told(of: Judgement) -> str:
    """The finding on which the verdict hangs; of a claim that holds in part, first one that holds; or how many do."""
    if of.claim.each:
        n_held = sum(each.verdict in FOR for each in of.statements)
        rest = f"; not yet or not so: {found(of.turns_on)}" if n_held < len(of.statements) else ""
        return f"{n_held} of {names.count(len(of.statements), 'statement')} hold{rest}"
    held = next((each for each in of.statements if each.verdict in FOR), None)
    if of.verdict is not Verdict.MIXED or held is None:
        return found(of.turns_on)
    return f"{found(held)}; but {found(of.turns_on)}"


def found(of: Judged) -> str:
    """The finding with its numbers, or the effect."""
    if not of.interval.n:
        return "Nothing was run that judges this."
    return of.finding or f"{of.statement.words}: {effect(of)}, {of.statement.unit}"


def seeds(of: Judged) -> str:
    """The seeds or runs that speak for it, and where it is open, the number that would settle it."""
    interval, counts = of.interval, of.statement.weighed.counts
    of_all = f"{interval.n_for} of {interval.n} {counts}" if interval.n_for is not None else f"{interval.n} {counts}"
    if of.verdict is not Verdict.OPEN:
        return of_all
    needed = f"about {of.needed}" if of.needed else "more than 2,000"
    return f"{of_all}; {needed} would settle it" if interval.n else f"none yet; {needed} would settle it"


def effect(of: Judged) -> str:
    """The effect with its interval, as the scale has it."""
    interval, scale = of.interval, of.statement.scale
    if math.isnan(interval.effect):
        return "not known"
    middle = shown(interval.effect, scale)
    low, high = (shown(bound, scale).removesuffix(" points") for bound in (interval.low, interval.high))
    match math.isfinite(interval.low), math.isfinite(interval.high):
        case True, True:
            return f"{middle} ({low} to {high})"
        case True, False:
            return f"{middle} (at least {low})"
        case False, True:
            return f"{middle} (at most {high})"
    return f"{middle} (no interval yet)"


def shown(value: float, scale: Scale) -> str:
    """A number as its scale has it."""
    if not math.isfinite(value):
        return ""
    if scale == "factor":
        return f"×{names.number(10**value, 3)}"
    if scale == "points":
        return f"{_number(_POINTS * value)} points"
    return _number(value)


def _number(value: float) -> str:
    return names.number(value, 3).replace("-", "\N{MINUS SIGN}")


def _measure(of: Judged) -> str:
    told = [of.statement.measure, of.statement.because and f"least that matters: {of.statement.because}"]
    if of.statement.explored:
        told.append(
            f"seeds 0 to {of.statement.explored - 1} were looked at before it was written down, and do not count"
        )
    return "; ".join(text for text in told if text)
