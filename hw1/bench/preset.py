"""The whole `report` preset on this machine: its floor, our seconds, and what the notebooks' way would take.

Our seconds are those that the store holds, shared by the cores; where it lacks a run, each kind of model is taken to go
on at the rate of the work that trains one. The notebooks' way is its measured time an image or an iteration of a
work with the same model (of a LeNet for pairs of LeNets), one run after the other.
"""

import statistics
from collections.abc import Mapping, Sequence
from functools import singledispatch
from pathlib import Path
from typing import NamedTuple

from hw1.bench.floor import arithmetic
from hw1.bench.works import NOTEBOOK, WORKS
from hw1.cost import EARLY
from hw1.project import PROJECT
from hw1.specs import Classifier, FunctionFit, ImageSpec, Interpolation, Seeded
from hw1.tables import DECLARED
from jobs.sweep import sweep
from results.bench import FLOOR, US, Row

NAME, TITLE = "report", "the whole `report` preset, 130 runs"


class Part(NamedTuple):
    """Seconds of one side, and where they come from."""

    side: str
    seconds: float
    how: str
    study: str = ""
    """Empty for the whole preset."""


@singledispatch
def like(spec: Seeded) -> str:
    """The work that trains what this spec does.

    Raises:
        TypeError: If there is none.
    """
    raise TypeError(f"`spec` must be of the report, got {spec.kind}")


@like.register
def _like_fit(spec: FunctionFit) -> str:  # noqa: ARG001 - chosen by its type
    return "minimal_ratio"


@like.register
def _like_images(spec: ImageSpec) -> str:
    return "parameters" if spec.model == "mlp" else spec.model


@like.register
def _like_classifier(spec: Classifier) -> str:
    return "trajectory" if spec.is_fused and spec.snapshots else _like_images(spec)


class Measured(NamedTuple):
    """Speeds of this machine by the works: operations a second on one core at the peak, and reached by us, by work."""

    peak: Mapping[str, float]
    reached: Mapping[str, float]
    notebook: Mapping[str, float]
    cores: int


def parts(rows: Sequence[Row], out: Path) -> list[Part]:
    """Floor, ours and the notebooks' seconds for the preset, then floor and ours of each of its studies.

    None where a work that it needs was not measured.
    """
    stored, studies = _stored(out), dict[str, list[Seeded]]()
    for run in sweep(PROJECT).runs():
        if isinstance(run.spec, Seeded):
            studies.setdefault(run.study.name, []).append(run.spec)
    specs = [spec for each in studies.values() for spec in each]
    known = _measured(rows, set(map(like, specs)), stored)
    if known is None:
        return []
    found = _both("", specs, known, stored)
    kept = {run_id: n_steps for run_id, (_, n_steps) in stored.items()}
    they = sum(_notebook(spec, known.notebook, kept) for spec in specs)
    found.append(Part(NOTEBOOK, they, "extrapolated from measured epochs"))
    for study, own in studies.items():
        found += _both(study, own, known, stored)
    return found


def _measured(rows: Sequence[Row], needed: set[str], stored: Mapping[str, tuple[float, float]]) -> Measured | None:
    floors, ours, theirs = (_medians(rows, side) for side in (FLOOR, US, NOTEBOOK))
    if not needed <= floors.keys() & ours.keys() & theirs.keys():
        return None
    cores = max(row["n_cpus"] for row in rows)
    kept = {run_id: n_steps for run_id, (_, n_steps) in stored.items()}
    counted = {work: arithmetic(WORKS[work].specs(), kept) * WORKS[work].scale for work in needed}
    peak, reached = (
        {work: counted[work] / seconds[work] / _threads(work, cores) for work in needed} for seconds in (floors, ours)
    )
    return Measured(peak, reached, theirs, cores)


def _both(
    study: str, specs: Sequence[Seeded], known: Measured, stored: Mapping[str, tuple[float, float]]
) -> list[Part]:
    """Floor and our seconds of these runs, spread over all cores."""
    kept = {spec.run_id: stored[spec.run_id][1] for spec in specs if spec.run_id in stored}
    counted = {work: arithmetic([s for s in specs if like(s) == work], kept) for work in {like(s) for s in specs}}
    floor = sum(n / known.peak[work] for work, n in counted.items()) / known.cores
    if len(kept) == len(specs):
        ours, how = sum(stored[spec.run_id][0] for spec in specs), "seconds of the runs in this store, by cores"
    else:
        ours = sum(n / known.reached[work] for work, n in counted.items())
        how = "extrapolated from the works above, by arithmetic"
    on = f"on {known.cores} core(s)"
    return [Part(FLOOR, floor, on, study), Part(US, ours / known.cores, how, study)]


def _threads(work: str, cores: int) -> int:
    return min(cores, len(WORKS[work].specs()))


def _medians(rows: Sequence[Row], side: str) -> dict[str, float]:
    """A side's seconds for every work that it was measured on."""
    sound = [row for row in rows if row["side"] == side and not row["void"]]
    works = {row["work"] for row in sound}
    return {w: statistics.median(row["seconds"] for row in sound if row["work"] == w) for w in works}


def _notebook(spec: Seeded, theirs: Mapping[str, float], kept: Mapping[str, float]) -> float:
    """A run's seconds, from those of the runs of the work that trains what it does."""
    work = WORKS[like(spec)]
    known = work.specs()
    return theirs[work.name] / len(known) * _amount(spec, kept) / _amount(known[0], {})


@singledispatch
def _amount(spec: Seeded, kept: Mapping[str, float]) -> float:  # noqa: ARG001 - of those registered
    """A run's size, which its time is taken to follow: iterations by layers, or epochs."""
    raise TypeError(f"`spec` must be of the report, got {spec.kind}")


@_amount.register
def _of_fit(spec: FunctionFit, kept: Mapping[str, float]) -> float:
    n_steps = kept.get(spec.run_id, float(spec.max_iterations))
    return len(spec.layers) * (spec.max_iterations * EARLY if spec.measures == "spectrum" else n_steps)


@_amount.register
def _of_images(spec: ImageSpec, kept: Mapping[str, float]) -> float:  # noqa: ARG001 - no stopping rule
    return float(spec.epochs)


@_amount.register
def _of_line(spec: Interpolation, kept: Mapping[str, float]) -> float:  # noqa: ARG001 - no stopping rule
    """Points of the line are measured, not learned."""
    return 2 * spec.epochs + 0.5 * spec.n_alphas


def _stored(out: Path) -> dict[str, tuple[float, float]]:
    """Seconds and steps of every run in a store."""
    from results.store import Store  # noqa: PLC0415 - imports pyarrow

    rows = Store(out, declared=DECLARED).read_all()["runs"].select(["run_id", "seconds", "n_steps"]).to_pylist()
    return {row["run_id"]: (row["seconds"], float(row["n_steps"] or 0)) for row in rows if row["seconds"] is not None}
