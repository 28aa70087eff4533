"""Trains what is pending in local processes."""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from jobs.pack import Pack
from jobs.plan.calibration import calibration, note
from jobs.plan.packs import local_tasks, makespan_s, packs
from jobs.plan.tasks import callables, check_inputs, check_writable, gpus, n_at_once
from jobs.project import Project
from jobs.status import Status, reconciled, status
from jobs.sweep import Device, Run
from jobs.worker.checkpoints import Checkpoints
from jobs.worker.provenance import code
from results.folder import check_usable, lock
from results.plain import plain
from slurm.private import prepare

if TYPE_CHECKING:
    from slurm.tasks import Outcome as TaskOutcome

GRACE_S = 90.0
"""Time that workers may take to write their checkpoints once told to stop: the CNN's evaluation is the longest."""


class Display(Protocol):
    """Tells the user what goes on."""

    def note(self, text: str) -> None:
        """Something that the user should know."""

    def training(self, out: Path, packs: Sequence[Pack], *, n_workers: int) -> AbstractContextManager[None]:
        """Show progress until the block ends."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """Outcome of a local submission."""

    n_runs: int
    after: Status
    n_trained: int = 0
    seconds: float = 0.0
    estimated_s: float = 0.0
    interrupted: bool = False
    errors: list[str] = field(default_factory=list)
    """Of workers that died."""


def submit(  # noqa: PLR0913 - all but the first by name
    runs: Sequence[Run],
    project: Project,
    *,
    out: Path,
    n_workers: int,
    device: Device,
    display: Display,
    shared: bool = False,
) -> Outcome:
    """Train what is pending, as many tasks at once as there are workers; one submission a folder at a time.

    Raises:
        FolderError: If the folder cannot be used, or another submission is training into it.
        UnsafeFolderError: If others may write where code is run from, and it is not `shared`.
        StoreError: If the store was written by another version.
        DataError: If the data set is not here, or damaged.
        SweepError: If a GPU was asked for and there is none.
    """
    check_usable(out)
    prepare(out, shared=shared)
    with lock(out):
        began = time.monotonic()
        before = reconciled(out)
        for message in [*before.damaged, *_unasked(runs, before)]:
            display.note(message)
        pending = before.pending(runs)
        if not pending:
            return Outcome(n_runs=len(runs), after=before)
        check_inputs(pending)
        check_writable(out, project.tables)
        outcomes, estimated_s = _train(pending, project, out=out, n_workers=n_workers, device=device, display=display)
        after = status(out)
    return Outcome(
        n_runs=len(runs),
        after=after,
        n_trained=sum(run.run_id in after.done for run in pending),
        seconds=time.monotonic() - began,
        estimated_s=estimated_s,
        interrupted=any(outcome.state == "interrupted" for outcome in outcomes),
        errors=[
            plain(f"{o.name} {o.state}: {o.reason} ({o.stderr})") for o in outcomes if o.state in {"failed", "killed"}
        ],
    )


def _imports(runs: Sequence[Run], project: Project) -> list[str]:
    """Modules that workers of these runs will import."""
    needs_torch = project.imports_torch or any(run.spec.needs_torch for run in runs)
    return ["jobs.worker.workload", "results.parquet", *["torch"] * needs_torch]


def _unasked(runs: Sequence[Run], before: Status) -> list[str]:
    """Advice on runs that only Slurm knows of, where it cannot be asked: on a laptop, for instance."""
    n = before.counts(runs)["queued"]
    if not before.cluster.silent or not n:
        return []
    remedy = "`hw1 cancel --all` with this output folder takes them back, and then they are trained here"
    return [f"Slurm was not asked ({before.cluster.silent}), and may have {n} run(s), which are left alone: {remedy}"]


def _train(  # noqa: PLR0913 - all by name but the runs and their project
    pending: Sequence[Run], project: Project, *, out: Path, n_workers: int, device: Device, display: Display
) -> "tuple[list[TaskOutcome], float]":
    """Outcomes of the tasks, and the estimated time of them all."""
    from slurm.local import run_local  # noqa: PLC0415 - imports submitit

    cards = gpus(device, pending)
    n = n_at_once(n_workers, cards, pending)
    n_on_gpu = min(n, len(cards))
    held = calibration(out, project, gpu=bool(cards))
    made = packs(pending, n_workers=n, begun=Checkpoints(out).begun(), calibration=held, n_on_gpu=n_on_gpu)
    note(out, made)
    where: Device = device if cards else "cpu"
    dealt = local_tasks(made, n, n_on_gpu=n_on_gpu)
    jobs = callables(
        dealt, out=out, origin=project.origin, code=code(project.origin.home), device=where, n_gpus=1 if cards else 0
    )
    with display.training(out, made, n_workers=n):
        outcomes = run_local(
            jobs, folder=out, n_cpus=n_workers, gpus=cards, grace_s=GRACE_S, imports=_imports(pending, project)
        )
    return outcomes, makespan_s(dealt, n, n_on_gpu=n_on_gpu)
