"""Joins what was collected to what was expected, and has the report drawn."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import entry_points
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.imports import DEFAULT, GROUP
from jobs.project import Project
from jobs.sweep import Run, Sweep, SweepError
from jobs.verdicts import manifest, page_of
from results import bench
from results.checksums import File, files_read
from results.collect import collect
from results.energy import DEFAULT as DEFAULT_FACTORS
from results.energy import Factors
from results.folder import FolderError
from results.layout import layout
from results.store import Store

if TYPE_CHECKING:
    import pandas as pd


def collected(runs: Sequence[Run], out: Path) -> Iterator[str]:
    """Collect, and say what came of it, a line at a time.

    Raises:
        StoreError: If the store was written by another version.
    """
    found = collect(Store(out), [run.run_id for run in runs])
    yield from map(str, found.damaged)
    yield from _missing(runs, found.missing)
    yield f"collected {len(runs) - len(found.missing)} of {len(runs)} runs into {out / 'store' / 'collected'}"


def _missing(runs: Sequence[Run], missing: Collection[str]) -> Iterator[str]:
    absent = set(missing)
    yield from (f"missing: {run.run_id} {run.study.name} {run.label}" for run in runs if run.run_id in absent)


def _others(sweep: Sweep) -> dict[str, list[str]]:
    """Arguments for studies that do not take the sweep's needed options: the same without these."""
    needed = {o.name for o in sweep.project.options if o.is_needed} & sweep.options.keys()
    left = {name: value for name, value in sweep.options.items() if name not in needed}
    able = sweep.project.select((), sweep.project.presets[-1]) if needed else ()
    typed = replace(sweep, options=left).arguments()
    return {
        name: typed
        for name in able
        if not all(
            o.is_able(sweep.project.by_name[name], sweep.preset, sweep.options[o.name])
            for o in sweep.project.options
            if o.name in needed
        )
    }


def _typed(sweep: Sweep, *, smoke: bool) -> list[str]:
    """The words to type for the page of this sweep."""
    whole = sweep.studies == tuple(sweep.project.select((), sweep.preset))
    words = ["report", *sweep.arguments(), *["--smoke"] * (smoke or sweep.smoke)]
    return words if whole else [*words, *(word for name in sweep.studies for word in ("--study", name))]


def _door(project: Project) -> tuple[str, ...]:
    """The words that begin its commands: with `-p`, if it has a name to type and is not the one that needs none."""
    origin = project.origin
    offered = {point.module: point.name for point in entry_points(group=GROUP)}
    names = {"file": Path(origin.where).name, "module": offered.get(origin.where, origin.where)}
    name = names.get(origin.kind, DEFAULT)
    return ("hw1",) if name == DEFAULT else ("hw1", "-p", name)


def write_reference(project: Project, folder: Path) -> Iterator[str]:
    """Draw every figure and write the report from the results that come with the code; trains and collects nothing.

    Raises:
        SweepError: If this is an installation without them.
        StoreError: If they were written by another version.
        FolderError: If the folder cannot be written.
    """
    from results.frames import load  # noqa: PLC0415 - imports pandas

    reference = project.reference
    if reference is None:
        raise SweepError(f"project {project.name} has no reference results: leave out --from")
    if not layout(reference).schema.exists():
        raise SweepError(f"there are no reference results in {reference}: they are in a clone of the repository")
    done = Store(reference, only_looks=True).done()
    preset = project.presets[-1]
    every = Sweep(project=project, studies=project.select((), preset), preset=preset)
    runs, n_seeds = dict[str, Run](), dict[str, int]()
    for seed in count():  # until one has no run there
        rest, of_seed = done - runs.keys(), replace(every, seeds=range(seed, seed + 1))
        more = [run for run in of_seed.runs() if run.run_id in rest]
        if not more:
            break
        runs |= {run.run_id: run for run in more}
        n_seeds |= {run.study.name: seed + 1 for run in more}
    in_order = sorted(runs.values(), key=lambda run: every.studies.index(run.study.name))
    yield f"{len(done)} runs that come with the code, in {reference}"
    yield _written(
        project,
        in_order,
        load(reference, project.tables),
        folder,
        made_by=("report", "--from", "reference"),
        study_options={name: ["--seeds", str(n)] for name, n in n_seeds.items()},
        files=files_read(reference),
        bench_rows=bench.read(reference / bench.NAME),
    )


def write(sweep: Sweep, out: Path, folder: Path, *, factors: Factors = DEFAULT_FACTORS) -> Iterator[str]:
    """Draw every figure of what is in the store, collected or not, and write the report; says where it is.

    The store is only read: it may be another user's, and whatever is damaged in it is left out and named.

    Where nothing of the sweep is there but its smoke runs are, those are shown, marked as such.

    Raises:
        NothingCollected: If no run of the sweep is done.
        StoreError: If the store was written by another version, or cannot be read.
        FolderError: If the folder cannot be written.
    """
    from results.frames import frames  # noqa: PLC0415 - imports pandas

    runs = sweep.runs()
    store = Store(out, only_looks=True, declared=sweep.project.tables)
    done = store.done()
    smoke_runs = replace(sweep, smoke=True).runs()
    if not any(run.run_id in done for run in runs) and any(run.run_id in done for run in smoke_runs):
        yield "no full run is done: showing the smoke runs"
        runs = smoke_runs
    tables, files = frames(store), files_read(out)
    there = set(tables["runs"]["run_id"])
    yield from map(str, store.damaged)
    yield from _missing(runs, [run.run_id for run in runs if run.run_id not in there])
    yield f"{sum(run.run_id in there for run in runs)} of {len(runs)} runs are in {store.layout.folder}"
    yield _written(
        sweep.project,
        runs,
        tables,
        folder,
        files=files,
        bench_rows=bench.read(out / bench.NAME),
        options=sweep.arguments(),
        made_by=_typed(sweep, smoke=runs is smoke_runs),
        study_options=_others(sweep),
        factors=factors,
    )


def _written(  # noqa: PLR0913 - what is shown, where it goes, and what to type for it
    project: Project,
    runs: Sequence[Run],
    tables: "Mapping[str, pd.DataFrame]",
    folder: Path,
    *,
    files: Sequence[File],
    bench_rows: Sequence[bench.Row],
    options: Sequence[str] = (),
    made_by: Sequence[str],
    study_options: Mapping[str, Sequence[str]],
    factors: Factors = DEFAULT_FACTORS,
) -> str:
    """Write the report of these runs of a store; says where it is.

    Raises:
        NothingCollected: If none of the runs is in the tables.
        FolderError: If the folder cannot be written.
    """
    from analysis.render import write_report  # noqa: PLC0415 - imports pandas and matplotlib
    from jobs.cli.progress import counted  # noqa: PLC0415 - imports rich

    try:
        with counted("figures") as told:
            written = write_report(
                replace(page_of(project), door=_door(project)),
                manifest(runs),
                tables,
                folder,
                options=options,
                made_by=made_by,
                study_options=study_options,
                files=files,
                bench=bench_rows,
                factors=factors,
                progress=told,
            )
    except OSError as error:
        raise FolderError(f"the report cannot be written: {error}; give another --to") from error
    n_figures = sum(path.suffix == ".png" for path in written)
    return f"{n_figures} figure{'s' * (n_figures != 1)}, {folder / 'report.html'} and report.md"
