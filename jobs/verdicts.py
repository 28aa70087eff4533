"""Verdicts on a project's claims from what a store holds, and the runs that would settle those that are open."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.project import Project
from jobs.sweep import Run, Sweep

if TYPE_CHECKING:
    import pandas as pd

    from analysis.claims.judge import Judged, Judgement
    from analysis.page import Page
    from results.schema import Column

MOST_SEEDS = 40
"""Seeds of a study that are tried where nobody says how many."""


def page_of(project: Project) -> "Page":
    """The project's own page, or one with a section for each of its studies."""
    from analysis.labels import Labels  # noqa: PLC0415 - imports pandas
    from analysis.page import Page, Section  # noqa: PLC0415

    if project.page:
        page: Page = project.page()
        return page
    sections = (
        Section(study=s.name, heading=s.title or s.name, number=s.section, figures=s.figures or None, claims=s.claims)
        for s in project.studies
    )
    columns = defaultdict[str, dict[str, "Column"]](dict)
    for table in project.tables:  # several kinds may add columns to one
        columns[table.name] |= {column.name: column for column in table.columns}
    labels = Labels(tables={name: tuple(found.values()) for name, found in columns.items()})
    return Page(title=project.title or project.name, sections=tuple(sections), labels=labels)


def manifest(runs: Sequence[Run]) -> "pd.DataFrame":
    """One row an expected run: what it is, the names of its spec's fields, and every value of its spec."""
    import pandas as pd  # noqa: PLC0415 - heavy

    return pd.DataFrame([{**run.record(), "fields": tuple(run.spec.fields())} for run in runs])


def judged(sweep: Sweep, out: Path, n_seeds: int = MOST_SEEDS) -> "tuple[Judgement, ...]":
    """Every claim of the sweep's studies, judged by what the store has of their first seeds, whatever its own seeds.

    Nothing in the store is changed. None where the project claims nothing.

    Raises:
        StoreError: If the store was written by another version, or cannot be read.
    """
    from analysis.claims.judge import judged as judge  # noqa: PLC0415 - imports pandas
    from analysis.frames import Results  # noqa: PLC0415
    from results.frames import frames  # noqa: PLC0415
    from results.store import Store  # noqa: PLC0415

    page = page_of(sweep.project)
    sections = [section for section in page.sections if section.study in sweep.studies]
    claims = [replace(claim, study=section.study) for section in sections for claim in section.claims]
    if not claims:
        return ()
    store = Store(out, only_looks=True, declared=sweep.project.tables)
    done = store.done()
    others = {statement.study for claim in claims for statement in claim.statements if statement.study}
    studies = tuple(dict.fromkeys([*sweep.studies, *others]))
    runs = replace(sweep, studies=studies, seeds=range(n_seeds)).runs()
    expected = manifest(runs)
    known = expected[expected["run_id"].isin(done)]
    results = Results(known if len(known) else expected, frames(store) if done else {}, page.labels)
    return judge(results, claims, sum(len(section.claims) for section in page.sections))


def settling(sweep: Sweep, open_: "Sequence[Judgement]", done: Collection[str], n_seeds: int) -> list[Run]:
    """The runs that settle these claims if they go like those so far.

    Statements of one study share seeds: those that are done, then those at which nobody had looked before any of the
    statements.

    Args:
        sweep: Of the studies.
        open_: Claims, some statement of which is open.
        done: Ids of the runs that are done.
        n_seeds: How many seeds of a study there may be.
    """
    from analysis.claims.statement import Verdict  # noqa: PLC0415 - imports pandas

    asked = defaultdict[str, list["Judged"]](list)
    for judgement in open_:
        for judged in (judged for judged in judgement.statements if judged.verdict is Verdict.OPEN):
            asked[judged.statement.study or judgement.claim.study].append(judged)
    found: dict[str, Run] = {}
    for study, statements in asked.items():
        of_study = replace(sweep, studies=(study,))
        seeds = [_Seed.of(replace(of_study, seeds=[k]).runs(), k, done) for k in range(n_seeds)]
        unseen = max(judged.statement.explored for judged in statements)
        seeds.sort(key=lambda seed: (not seed.is_done, min(seed.own, default=0) < unseen))
        for judged in statements:
            runs = [run for seed in _enough(seeds, judged) for run in seed.runs]
            found |= {run.run_id: run for run in _about(runs, judged)}
    return list(found.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class _Seed:
    """The runs of one seed of a sweep, and the seeds that they have themselves: a hundred, where so many are one."""

    runs: list[Run]
    own: set[int]
    is_done: bool

    @classmethod
    def of(cls, runs: list[Run], seed: int, done: Collection[str]) -> "_Seed":
        own = {run.spec.values().get("seed", seed) for run in runs}
        return cls(runs=runs, own=own, is_done=all(run.run_id in done for run in runs))


def _enough(seeds: Sequence[_Seed], judged: "Judged") -> Iterator[_Seed]:
    """Of these seeds, those that judge the statement, until there are enough to settle it."""
    share = judged.interval.n / judged.n_seeds if judged.interval.n else 1.0
    n_there, n_wanted = 0, inf if judged.needed is None else judged.needed / share
    for seed in seeds:
        if n_there >= n_wanted:
            return
        n_fresh = sum(each >= judged.statement.explored for each in seed.own)
        n_there += n_fresh
        if n_fresh:
            yield seed


def _about(runs: Sequence[Run], judged: "Judged") -> list[Run]:
    """Those runs that the statement is about."""
    if not judged.statement.of or not runs:
        return list(runs)
    wanted = judged.statement.of(manifest(runs)).to_numpy(bool)
    return [run for run, is_of in zip(runs, wanted, strict=True) if is_of]
