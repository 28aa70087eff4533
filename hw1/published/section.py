"""The report's section on the printed numbers: everything that `published.html.j2` and `published.md.j2` show."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from hw1.published import wording
from hw1.published.printed import Departure, Difference, printed
from hw1.published.rows import Row, rows
from hw1.published.rules import RULES
from hw1.published.status import MIN_SEEDS, Status
from jobs import names

_SUBMIT = f"hw1 submit --local --preset notebook --seeds {MIN_SEEDS} --study"


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A row of the tables as text. `along`: what became of all values of its series, where it has several."""

    study: str
    model: str
    quantity: str
    at: str
    where: str
    printed: str
    ours: str
    spread: str
    seeds: str
    effect: str
    status: str
    along: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """Text for the partials.

    `overview`: each series' last value. `whole`: figures of a whole run. `all_values`: by study. `missing`,
    `commands`: what has too few seeds, and what trains them; empty if nothing has.
    """

    lead: str
    count: str
    count_all: str
    overview: tuple[Line, ...]
    whole: tuple[Line, ...]
    all_values: tuple[tuple[str, tuple[Line, ...]], ...]
    rules: tuple[str, ...]
    missing: str
    commands: tuple[str, ...]
    differences: tuple[Difference, ...]
    departures: tuple[Departure, ...]
    repository: str


def section(tables: Mapping[str, pd.DataFrame]) -> Section:
    """The section, from the collected tables alone: it shows preset `notebook` whatever else the report is of."""
    known, found = printed(), rows(tables)
    steps = [series for series in found if series[0].series.step]
    missing, commands = _missing(found)
    return Section(
        lead=f"{known.origin} Beside them, the collected runs of preset notebook, which trains what the notebooks did.",
        count=f"Last printed values: {_count(series[-1] for series in steps)}.",
        count_all=f"All printed values along the runs: {_count(row for series in steps for row in series)}.",
        overview=tuple(_line(series[-1], _count(series) if len(series) > 1 else "") for series in steps),
        whole=tuple(_line(series[0]) for series in found if not series[0].series.step),
        all_values=tuple((study, tuple(_line(r) for s in of for r in s)) for study, of in _by_study(steps).items()),
        rules=RULES,
        missing=missing,
        commands=commands,
        differences=known.differences,
        departures=known.departures,
        repository=f"{known.repository}/tree/{known.commit}",
    )


def _line(row: Row, along: str = "") -> Line:
    return Line(
        study=row.series.study,
        model=row.series.model,
        quantity=wording.quantity(row.series),
        at=wording.at(row),
        where=row.series.where,
        printed=wording.printed(row),
        ours=wording.ours(row),
        spread=wording.spread(row),
        seeds=names.count(row.n_seeds, "seed"),
        effect=wording.effect(row),
        status=wording.status(row),
        along=along,
    )


def _count(of: Iterable[Row]) -> str:
    counts = Counter(row.status for row in of)
    others = [f"{counts[status]} {status}" for status in Status if counts[status] and status is not Status.INSIDE]
    return ", ".join([f"{counts[Status.INSIDE]} of {counts.total()} {Status.INSIDE}", *others])


def _by_study(found: Sequence[Sequence[Row]]) -> dict[str, list[Sequence[Row]]]:
    studies = dict.fromkeys(series[0].series.study for series in found)
    return {study: [series for series in found if series[0].series.study == study] for study in studies}


def _missing(found: Sequence[Sequence[Row]]) -> tuple[str, tuple[str, ...]]:
    """Studies with fewer seeds than the rules ask for, and the commands that train them; finished runs stay done."""
    fewest = {study: min(series[0].n_runs for series in of) for study, of in _by_study(found).items()}
    few = {study: n for study, n in fewest.items() if n < MIN_SEEDS}
    if not few:
        return "", ()
    told = ", ".join(f"{study} ({names.count(n, 'seed') if n else Status.NOT_RUN})" for study, n in few.items())
    collect = f"hw1 collect --preset notebook --seeds {MIN_SEEDS} {' '.join(f'--study {study}' for study in few)}"
    return f"Fewer than {MIN_SEEDS} seeds of every run: {told}.", (*(f"{_SUBMIT} {study}" for study in few), collect)
