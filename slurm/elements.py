"""States of the elements of every submission: what the ledger, the elements' logs and Slurm say together."""

import os
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from results.plain import plain
from slurm import queue
from slurm.events import Event
from slurm.ledger import Chunk, Submission
from slurm.ledgers import ledgers
from slurm.queue import Asked, Queued, SlurmError

State = Literal["queued", "running", "done", "failed", "lost", "closed"]
"""`failed`: it ended and will not go on by itself. `lost`: Slurm has it no more, and it has not ended either."""

_TAIL_BYTES = 1 << 12

_SUBMITTING_S = 300.0
"""For so long after the ledger was written sbatch may not have answered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Element:
    """An array element and where it stands."""

    submission: Submission
    number: int
    state: State
    reason: str = ""
    """One line; empty if there is nothing to say."""
    job_id: str = ""
    node: str = ""
    stuck: bool = False
    """True if it is in Slurm's queue and will never start."""

    @property
    def keys(self) -> Mapping[str, str]:
        """Of what it does, each with its group."""
        return self.submission.keys[self.number]

    @property
    def open(self) -> bool:
        """True if it is queued or running in Slurm."""
        return self.state in {"queued", "running"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterStatus:
    """All elements, and what Slurm said if it did not answer."""

    elements: list[Element]
    silent: str = ""
    damaged: list[str] = field(default_factory=list)
    """A line for every submission that cannot be read: nobody knows what Slurm has of it."""

    @property
    def open_keys(self) -> dict[str, Element]:
        """The open element that each key is with, unless it has been taken out of it."""
        open_ = [element for element in self.elements if element.open]
        cancelled = {submission: submission.cancelled() for submission in {element.submission for element in open_}}
        return {key: e for e in open_ for key in e.keys if key not in cancelled[e.submission]}


def status(folder: Path) -> ClusterStatus:
    """Look at every submission that is not finished; asks Slurm once, and only if there is one. Changes nothing.

    Where Slurm does not answer, what had not ended is taken to be queued or running still.
    """
    found = ledgers(folder)
    silent, jobs = "", dict[tuple[str, int], Queued]()
    try:
        jobs = queue.elements(
            {
                array.name: Asked(each.user, each.job_id(array), each.cluster)
                for each in found.whole
                for array in each.arrays
            }
        )
    except SlurmError as error:
        silent = str(error)
    elements = [
        _element(submission, array, index, jobs, silent=bool(silent))
        for submission in found.whole
        for array in submission.arrays
        for index in range(array.n)
    ]
    return ClusterStatus(elements=elements, silent=silent, damaged=found.damaged)


def reconcile(now: ClusterStatus) -> None:
    """Close the ledger of what has ended: elements that are lost or stuck may not start late.

    To be called by whoever is about to submit, alone. Then what they had not done can be submitted again.

    Raises:
        SlurmError: If what is stuck cannot be cancelled.
        OSError: If the disk refuses.
    """
    for element in now.elements:
        if element.state in {"failed", "lost"}:
            element.submission.close(element.number, element.reason or element.state)
    _end([element for element in now.elements if element.stuck])
    for submission in {element.submission.folder: element.submission for element in now.elements}.values():
        mine = [element for element in now.elements if element.submission is submission]
        if all(element.state in {"done", "closed", "failed", "lost"} for element in mine):
            submission.finish()


def cancel(elements: Sequence[Element], *, reason: str) -> bool:
    """Close elements, then have Slurm end them; what runs writes its checkpoint first.

    Returns:
        Whether Slurm was told. Where it is not on this machine, only jobs that see this folder notice, and end.

    Raises:
        SlurmError: If Slurm cannot be reached: they are closed nevertheless, and end by themselves.
        OSError: If the disk refuses.
    """
    for element in elements:
        element.submission.close(element.number, reason)
    if not queue.is_here():
        return False
    _end([element for element in elements if element.job_id])
    return True


def _end(elements: Sequence[Element]) -> None:
    for cluster in sorted({element.submission.cluster for element in elements}):
        queue.cancel([e.job_id for e in elements if e.submission.cluster == cluster], cluster=cluster)


def _element(
    submission: Submission, array: Chunk, index: int, jobs: Mapping[tuple[str, int], Queued], *, silent: bool
) -> Element:
    number = array.offset + index
    events = submission.log(number).read()
    last = next((event for event in reversed(events) if event.event in {"started", "ended"}), None)
    job = jobs.get((array.name, index))
    job_id = job.job_id if job is not None else _job_id(submission, array, index)
    state, reason = _state(last, job, known=bool(job_id), silent=silent, submission=submission)
    closed = submission.closed(number)
    if closed is not None and state != "done":
        state, reason = ("closed", closed) if job is None or not (job.runs or job.waits) else ("running", closed)
    node = (job.node if job is not None else "") or (last.node if last is not None else "")
    stuck = job is not None and job.stuck
    if state == "lost" and not events and not stuck:
        reason = f"never began: {_last_words(submission, job_id) or reason}"
    return Element(
        submission=submission,
        number=number,
        state=state,
        reason=plain(reason),
        job_id=job_id,
        node=plain(node),
        stuck=stuck,
    )


def _last_words(submission: Submission, job_id: str) -> str:
    """The last line that a job wrote to its log before anything of ours ran; empty if there is none."""
    try:
        with submission.stderr(job_id).open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _job_id(submission: Submission, array: Chunk, index: int) -> str:
    known = submission.job_id(array)
    return f"{known}_{index}" if known else ""


def _state(  # noqa: PLR0911 - a table of cases, the first that holds counts
    last: Event | None, job: Queued | None, *, known: bool, silent: bool, submission: Submission
) -> tuple[State, str]:
    if last is not None and last.kind == "done":
        return "done", ""
    if job is not None and job.waits:
        return "queued", job.why if last is None or job.why != job.reason else f"again after: {_ended(last)}"
    if job is not None and job.runs:
        return "running", ""
    if job is not None and job.stuck:
        return "lost", f"stuck in Slurm's queue: {job.reason or job.state}"
    if silent:
        return ("running" if last is not None and last.event == "started" else "queued"), "Slurm does not answer"
    now = job.state.lower().replace("_", " ") if job is not None else ""
    if last is not None and last.event == "ended":
        return "failed", last.message or (now if last.kind == "stopped" else str(last.kind).replace("_", " "))
    if now:
        return "lost", now
    if known or last is not None:
        return "lost", "Slurm has it no more"
    if _is_submitting(submission):
        return "queued", "being submitted"
    return "lost", "was never taken by Slurm"


def _ended(last: Event) -> str:
    return str(last.kind).replace("_", " ") if last.event == "ended" else "lost with its node, or preempted"


def _is_submitting(submission: Submission) -> bool:
    """True if the process that wrote the ledger may still hand it to Slurm."""
    if time.time() - submission.submitted > _SUBMITTING_S:
        return False
    return submission.host != socket.gethostname() or _lives(submission.pid)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
