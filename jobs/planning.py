"""What is pending, packed into tasks, with what it will cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapreplace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.checkpoints import Checkpoints
from jobs.pack import Pack, n_local_tasks, packs, tasks
from jobs.standing import standing
from jobs.sweep import Run
from jobs.tasking import n_cpus, n_jobs

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
    """Of a task."""

    @property
    def minutes(self) -> float:
        """Estimated time from start to end: tasks go to the worker that is free first, longest first."""
        free = [0.0] * self.n_workers
        for task in self.tasks:
            heapreplace(free, free[0] + sum(pack.seconds for pack in task) / 60)
        return max(free)

    @property
    def gpu_hours(self) -> float:
        """Estimated time that tasks hold GPUs."""
        return self.n_gpus * sum(pack.seconds for task in self.tasks for pack in task) / 3600

    def records(self) -> list[dict[str, Any]]:
        """A flat record a task."""
        return [
            {
                "task": number,
                "studies": sorted({pack.study for pack in task}),
                "n_packs": len(task),
                "n_runs": sum(len(pack.specs) for pack in task),
                "minutes": round(sum(pack.seconds for pack in task) / 60, 2),
                "gpu_hours": round(self.n_gpus * sum(pack.seconds for pack in task) / 3600, 3),
                "memory_gb": round(max(pack.memory_gb for pack in task), 1),
                "threads": max(pack.threads for pack in task),
                "run_ids": [run_id for pack in task for run_id in pack.run_ids],
            }
            for number, task in enumerate(self.tasks)
        ]


def plan(runs: Sequence[Run], *, out: Path, n_workers: int | None, profile: "Profile | None" = None) -> Plan:
    """Pack what a submission would train now, to local workers or with a cluster's profile.

    Raises:
        StoreError: If the store was written by another version.
    """
    now = standing(out)
    pending = now.pending(runs)
    n = n_workers or (n_cpus() if profile is None else n_jobs(pending, profile.throttle))
    made = packs(pending, n_workers=n, begun=Checkpoints(out).begun())
    counts = now.counts(runs)
    return Plan(
        n_runs=len(runs),
        n_done=counts["done"],
        n_failed=counts["failed"],
        n_workers=n if profile is None else min(n, profile.throttle),
        tasks=tasks(made, n_tasks=n if profile is not None else n_local_tasks(made, n)) if made else [],
        n_gpus=profile.gpu.count if profile is not None else 0,
    )
