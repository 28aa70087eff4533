"""A notice that a sweep has ended, or needs someone: one JSON object, posted to the address in a profile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.imports import load
from jobs.origin import Origin
from jobs.project import Project
from jobs.status import Status, status
from jobs.sweep import Run, Sweep
from jobs.worker.notices import post, record
from results.plain import amount


def notice(runs: Sequence[Run], project: Project, now: Status, out: Path) -> dict[str, Any]:
    """State of a sweep that has ended: `done`, or `needs someone` where a run is not."""
    counts = {str(state): n for state, n in now.counts(runs).items()}
    left = ", ".join(f"{n} {state}" for state, n in counts.items() if n and state != "done")
    is_done = counts["done"] == len(runs)
    said = f"all {amount(len(runs), 'run')} done" if is_done else f"{counts['done']} of {len(runs)} runs done, {left}"
    state = "done" if is_done else "needs someone"
    return record(project.name, said + f", in {out}" + ": `hw1 status` tells why" * (not is_done), state, out) | counts


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeJob:
    """A call that a job makes once all others have ended."""

    origin: Origin
    out: Path
    asked: Mapping[str, Any]
    """The sweep's values but its project, which the node loads again."""
    webhook: str
    """Address to post to; empty where Slurm's mail is all."""

    @classmethod
    def of(cls, sweep: Sweep, out: Path, webhook: str) -> "NoticeJob":
        """For this sweep."""
        return cls(origin=sweep.project.origin.travelled(), out=out, asked=sweep.values(), webhook=webhook)

    def __call__(self) -> None:
        """Say how the sweep has ended; into the job's log too."""
        sweep = Sweep(project=load(self.origin), **self.asked)
        told = notice(sweep.runs(), sweep.project, status(self.out), self.out)
        print(told["text"], flush=True)  # noqa: T201
        if self.webhook:
            print(post(self.webhook, told), flush=True)  # noqa: T201
