"""Packs into tasks that workers can run, here or on a cluster."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from jobs.origin import Origin
from jobs.pack import Pack
from jobs.plan.calibration import Calibration
from jobs.sweep import Device, Run, SweepError
from jobs.worker.device import check_torch
from jobs.worker.provenance import Code
from jobs.worker.workload import Work
from results.folder import FolderError
from results.layout import layout
from results.schema import Table
from results.workspace import Workspace
from slurm.tasks import Task

WORTH_A_JOB_S = 60.0
"""A cluster's job is worth its queueing and its import of torch if it has this much to do."""

_SMI_S = 60.0
"""Seconds that nvidia-smi may take: it initialises every GPU where no daemon does."""


def check_writable(out: Path, declared: Iterable[Table] = ()) -> None:
    """See, before anything starts, that every folder that workers write in can be one.

    Raises:
        FolderError: If something else has its name, or it may not be written.
        StoreError: If that is so in the store, or it was written by another version.
    """
    for path in Workspace(out).of_workers:
        if os.path.lexists(path) and not path.is_dir():
            raise FolderError(f"{path} must be a folder: remove it, or give another --out")
    store = layout(out, declared)
    store.create()
    for path in (*Workspace(out).of_workers, *store.folders):
        if path.is_dir() and not os.access(path, os.W_OK | os.X_OK):
            raise FolderError(f"{path} cannot be written: make it writable, or give another --out")


def check_inputs(runs: Sequence[Run]) -> None:
    """See that all that the runs need is here; asked once for runs that differ in what a pack may differ in only.

    Raises:
        DataError: If something that they read is missing or damaged, or torch is.
    """
    one = {run.spec.shape: run.spec for run in runs}.values()
    check_torch(one)
    for spec in one:
        spec.check_inputs()


def n_cpus() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def gpus(device: Device, runs: Iterable[Run]) -> list[int]:
    """Indices of this machine's GPUs, without importing torch; none where the CPU was asked for, or no run takes one.

    Raises:
        SweepError: If GPUs were asked for, and there is none or no run takes one.
    """
    smi, takes = shutil.which("nvidia-smi"), {run.study.may_use_gpus for run in runs}
    if device == "cuda" and takes == {False}:
        raise SweepError("`--device cuda`: none of these studies takes a GPU (`gpus=0`): use --device cpu")
    if device == "cpu" or True not in takes:
        return []
    found = _listed(smi) if smi is not None else []
    if device == "cuda" and not found:
        raise SweepError("`--device cuda` needs a GPU that nvidia-smi lists, and there is none: use --device cpu")
    return found


def _listed(smi: str) -> list[int]:
    """Lines that nvidia-smi prints; nothing where it fails, hangs or complains, as it does without a driver."""
    ask = [smi, "--query-gpu=index", "--format=csv,noheader"]
    try:
        done = subprocess.run(  # noqa: S603 - nvidia's own tool
            ask, capture_output=True, encoding="utf-8", errors="replace", check=False, timeout=_SMI_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [int(line) for line in done.stdout.split("\n") if line.strip().isdecimal()] if not done.returncode else []


def n_at_once(n_workers: int, cards: Sequence[int], runs: Iterable[Run]) -> int:
    """Number of tasks that run side by side: that of workers, or one a GPU where every run takes one."""
    return min(n_workers, len(cards)) if cards and all(run.study.may_use_gpus for run in runs) else n_workers


def n_jobs(runs: Sequence[Run], throttle: int, calibration: Calibration) -> int:
    """Number of workers a cluster should have for these runs, of which as many as the throttle says run at once.

    On the mean each has a minute of work, and a quarter of what the longest run takes: more would hardly end sooner.
    """
    one = {run.spec.shape: run.spec for run in runs}
    seconds = {key: calibration.factor(spec) * spec.seconds([spec]) for key, spec in one.items()}
    total = sum(seconds[run.spec.shape] for run in runs)
    return max(1, min(throttle, int(total / max(WORTH_A_JOB_S, max(seconds.values(), default=0.0) / 4))))


def callables(  # noqa: PLR0913 - all by name but the packs
    dealt: Sequence[list[Pack]],
    *,
    out: Path,
    origin: Origin,
    code: Code,
    device: Device,
    n_gpus: int,
    queued: Mapping[str, str] = MappingProxyType({}),
    webhook: str = "",
) -> list[Task]:
    """Packs that were dealt to tasks as calls, each of which may take this many GPUs.

    `queued`: the Slurm jobs that others' runs are with, which these may need. `webhook`: told when a first run fails.
    """
    names, after = [_name(task, number) for number, task in enumerate(dealt)], needed_tasks(dealt)
    return [
        Task(
            name=names[number],
            after=frozenset(names[k] for k in after[number]),
            after_jobs=frozenset(queued[run_id] for run_id in _needs(task) if run_id in queued)
            if queued
            else frozenset(),
            call=Work.of(
                task,
                out=out,
                origin=origin,
                device=device if n_gpus_of(task, n_gpus) else "cpu",
                code=code,
                webhook=webhook,
            ),
            minutes=sum(pack.seconds for pack in task) / 60,
            cpus=max(pack.threads for pack in task),
            cores=max(pack.specs[0].cores for pack in task),
            gpus=n_gpus_of(task, n_gpus),
            memory_gb=max((pack.needs_gb or 0.0 for pack in task), default=0.0),
            keys={run_id: pack.study for pack in task for run_id in pack.run_ids},
        )
        for number, task in enumerate(dealt)
    ]


def needed_tasks(dealt: Sequence[Sequence[Pack]]) -> list[list[int]]:
    """The numbers of the tasks that train what each task needs."""
    if not any(pack.stage for task in dealt for pack in task):
        return [[] for _ in dealt]
    of = {run_id: number for number, task in enumerate(dealt) for pack in task for run_id in pack.run_ids}
    return [sorted({of[run_id] for run_id in _needs(task) if run_id in of} - {k}) for k, task in enumerate(dealt)]


def _needs(task: Iterable[Pack]) -> set[str]:
    return {need.run_id for pack in task for spec in pack.specs for need in spec.needs()}


def n_gpus_of(task: Sequence[Pack], n_gpus: int) -> int:
    """GPUs of a task: what its studies ask for, else as many as there are for each; none where there are none."""
    return max(n_gpus if pack.gpus is None else pack.gpus for pack in task) if n_gpus else 0


def _name(task: list[Pack], number: int) -> str:
    studies = list(dict.fromkeys(pack.study for pack in task))
    return f"{number:02d}-{'+'.join(studies)[:60]}"
