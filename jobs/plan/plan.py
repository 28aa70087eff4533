"""Plans: pending runs packed into tasks, and their cost."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.pack import Pack
from jobs.plan.calibration import calibration
from jobs.plan.packs import local_tasks, makespan_s, packs, tasks_alike
from jobs.plan.tasks import gpus, n_at_once, n_cpus, n_gpus_of, n_jobs, needed_tasks
from jobs.project import Project
from jobs.status import status
from jobs.sweep import Device, Run
from jobs.worker.checkpoints import Checkpoints

if TYPE_CHECKING:
    from slurm.profiles import Profile


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Tasks of pending packs for a number of workers."""

    n_runs: int
    n_done: int
    n_failed: int
    n_workers: int
    tasks: list[list[Pack]]
    n_gpus: int = 0
    """Of a task whose studies do not say."""
    n_on_gpu: int = 0
    """Local workers that have a GPU."""
    n_packs_before: int = 0
    """Packs that were trained before, by which the estimates are corrected."""
    damaged: list[str] = field(default_factory=list)
    """Lines on files of the store that cannot be read; their runs are planned as pending."""

    @property
    def minutes(self) -> float:
        """Estimated time from start to end: tasks go to the worker that is free first, longest first."""
        return makespan_s(self.tasks, self.n_workers, n_on_gpu=self.n_on_gpu) / 60

    @property
    def bases(self) -> list[str]:
        """Bases of the first estimates, each once: operation counts, a study's word, a guess."""
        return list(dict.fromkeys(pack.specs[0].basis() for task in self.tasks for pack in task))

    @property
    def gpu_hours(self) -> float:
        """Estimated time that tasks hold GPUs."""
        return sum(map(self._gpu_hours, self.tasks))

    def _gpu_hours(self, task: Sequence[Pack]) -> float:
        return n_gpus_of(task, self.n_gpus) * sum(pack.seconds for pack in task) / 3600

    def records(self) -> list[dict[str, Any]]:
        """A flat record a task; `after`: the tasks that train what it needs."""
        after = needed_tasks(self.tasks)
        return [
            {
                "task": number,
                "studies": sorted({pack.study for pack in task}),
                "n_packs": len(task),
                "n_runs": sum(len(pack.specs) for pack in task),
                "minutes": round(sum(pack.seconds for pack in task) / 60, 2),
                "gpu_hours": round(self._gpu_hours(task), 3),
                "memory_gb": round(max(pack.memory_gb for pack in task), 1),
                "threads": max(pack.threads for pack in task),
                "gpus": n_gpus_of(task, self.n_gpus),
                "after": after[number],
                "run_ids": [run_id for pack in task for run_id in pack.run_ids],
            }
            for number, task in enumerate(self.tasks)
        ]


def plan(  # noqa: PLR0913 - all by name but the runs and their project
    runs: Sequence[Run],
    project: Project,
    *,
    out: Path,
    n_workers: int | None,
    profile: "Profile | None" = None,
    device: Device = "auto",
) -> Plan:
    """Pack what a submission would train now, to local workers or with a cluster's profile.

    Raises:
        StoreError: If the store was written by another version.
        SweepError: If this machine's GPU is asked for and there is none.
    """
    now = status(out)
    pending = now.pending(runs)
    cards = gpus(device, pending) if profile is None else []
    n_gpus = profile.gpu.count if profile is not None else min(1, len(cards))
    held = calibration(out, project, gpu=n_gpus > 0)
    if profile is None:
        n = n_at_once(n_workers or n_cpus(), cards, pending)
    else:
        n = n_workers or n_jobs(pending, profile.throttle, held)
    n_on_gpu = min(n, len(cards)) if profile is None else n * (n_gpus > 0)
    made = packs(pending, n_workers=n, begun=Checkpoints(out).begun(), calibration=held, n_on_gpu=n_on_gpu)
    dealt = tasks_alike(made, n_tasks=n) if profile is not None else local_tasks(made, n, n_on_gpu=n_on_gpu)
    counts = now.counts(runs)
    return Plan(
        n_runs=len(runs),
        n_done=counts["done"],
        n_failed=counts["failed"],
        n_workers=n if profile is None else min(n, profile.throttle),
        tasks=dealt,
        n_gpus=n_gpus,
        n_on_gpu=n_on_gpu if profile is None else 0,
        n_packs_before=held.n_packs,
        damaged=now.damaged,
    )
