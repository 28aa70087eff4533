"""What is pending, packed into tasks, with what it will cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.checkpoints import Checkpoints
from jobs.pack import Pack, packs, tasks
from jobs.standing import standing
from jobs.sweep import Run


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Tasks of pending packs for a number of workers."""

    n_runs: int
    n_done: int
    n_failed: int
    n_workers: int
    tasks: list[list[Pack]]

    @property
    def minutes(self) -> float:
        """Estimated time from start to end: tasks go to the worker that is free first, longest first."""
        free = [0.0] * self.n_workers
        for task in self.tasks:
            free[free.index(min(free))] += sum(pack.seconds for pack in task) / 60
        return max(free)

    def records(self) -> list[dict[str, Any]]:
        """A flat record a task."""
        return [
            {
                "task": number,
                "studies": sorted({pack.study for pack in task}),
                "n_packs": len(task),
                "n_runs": sum(len(pack.specs) for pack in task),
                "minutes": round(sum(pack.seconds for pack in task) / 60, 2),
                "memory_gb": round(max(pack.memory_gb for pack in task), 1),
                "threads": max(pack.threads for pack in task),
                "run_ids": [run_id for pack in task for run_id in pack.run_ids],
            }
            for number, task in enumerate(self.tasks)
        ]


def plan(runs: Sequence[Run], *, out: Path, n_workers: int) -> Plan:
    """Pack what a submission with this many workers would train now.

    Raises:
        StoreError: If the store was written by another version.
    """
    now = standing(out)
    made = packs(now.pending(runs), n_workers=n_workers, begun=Checkpoints(out).begun())
    counts = now.counts(runs)
    return Plan(
        n_runs=len(runs),
        n_done=counts["done"],
        n_failed=counts["failed"],
        n_workers=n_workers,
        tasks=tasks(made, n_workers=n_workers) if made else [],
    )
