"""The last job of a sweep on a cluster: collects what workers wrote and draws the page."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.imports import load
from jobs.origin import Origin
from jobs.sweep import Sweep
from results.energy import DEFAULT, Factors
from results.plain import plain
from results.workspace import Workspace


@dataclass(frozen=True, kw_only=True, slots=True)
class PageJob:
    """A call that a job makes once all others have ended, whatever became of their runs."""

    origin: Origin
    out: Path
    asked: Mapping[str, Any]
    """The sweep's values but its project, which the node loads again."""
    factors: Factors = DEFAULT

    @classmethod
    def of(cls, sweep: Sweep, out: Path, factors: Factors) -> "PageJob":
        """For the page of this sweep."""
        return cls(origin=sweep.project.origin.travelled(), out=out, asked=sweep.values(), factors=factors)

    def __call__(self) -> None:
        """Collect and draw; what is said goes to the job's log.

        Raises:
            NothingCollected: If no run of the sweep is done.
        """
        from jobs.cli.report import collected, write  # noqa: PLC0415 - imports pandas and matplotlib

        sweep = Sweep(project=load(self.origin), **self.asked)
        for line in collected(sweep.runs(), self.out):
            print(plain(line), flush=True)  # noqa: T201
        for line in write(sweep, self.out, Workspace(self.out).report, factors=self.factors):
            print(plain(line), flush=True)  # noqa: T201
