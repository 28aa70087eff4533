"""The current attempt of an array element, and how the previous one ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from slurm.events import Log
    from slurm.ledger import Submission

Ending = Literal[
    "done", "stopped", "time_limit", "preempted", "cancelled", "killed", "memory", "failed", "error", "closed", "lost"
]
"""Outcome of an attempt. `stopped`: by Slurm, which goes on with it or does not. `failed`: a task raised. `error`: it
could not begin. `lost`: without a word, so with its node or by a preemption that gave it no time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One attempt of an array element on a node."""

    job_id: str
    previous: Ending | None = None
    """Outcome of the attempt before this one; None if this is the first."""
    retries: Mapping[str, int] = field(default_factory=dict)
    """Number of times the profile lets work go on after each outcome."""
    log: "Log | None" = None
    submission: "Submission | None" = None

    def limit(self, kind: Ending | None) -> int:
        """Number of times work goes on after such outcomes."""
        return self.retries.get(str(kind), 0)

    def progressed(self) -> None:
        """Note that something was achieved for good: retries are counted from zero again."""
        if self.log is not None:
            self.log.write("progress", job_id=self.job_id)

    def cancelled(self) -> frozenset[str]:
        """Keys of what may not be begun any more."""
        return self.submission.cancelled() if self.submission is not None else frozenset()


class _Current:
    attempt = Attempt(job_id="")


def current() -> Attempt:
    """The attempt that this process is; an empty one where it is no array element."""
    return _Current.attempt


def begin(attempt: Attempt) -> None:
    """Make `current` this attempt."""
    _Current.attempt = attempt
