"""Runs an array element on its node: its tasks, and afterwards whether it goes back into the queue.

python -m slurm.node [--shared] run FOLDER OFFSET        in srun, and so in the reach of Slurm's signals
python -m slurm.node [--shared] end FOLDER OFFSET STATUS in the batch script, once srun has ended with that status

`slurm.entry` comes before it. `--shared`: others may write in the output folder, as the submitter has allowed.
"""

import faulthandler
import os
import pickle
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from results.errors import UnsafeFolderError
from slurm import attempts, queue, signals
from slurm.attempts import Attempt, Ending
from slurm.events import Event
from slurm.ledger import DamagedLedgerError, Submission
from slurm.queue import SlurmError

DONE, FAILED, STOPPED, CLOSED, REFUSED = 0, 70, 75, 76, 78
"""Exit codes of `run`. From 128 on it was killed; any other one means that it could not begin."""

_KILLED = 128
_SIGNALLED = {128 + number for number in (1, 2, 10, 12, 15)}
"""Of a process that a stop request ended before it could listen."""

_MEMORY = re.compile(r"out of memory|oom.?kill|exceeded (job |step )?memory limit", re.IGNORECASE)
_TAIL_BYTES = 1 << 15

_PATIENCE_S, _AGAIN_S = 1800.0, 5.0
"""Time that the end of an element waits for a controller that does not answer, and pause between its questions."""

_NEAR_S = 65.0
"""A stop request with less time left than the signal's delay and this is about the time limit: Slurm sends it up to a
minute early."""

_ENDED = "slurm.node: ended"

T = TypeVar("T")


def run(submission: Submission, element: int) -> int:
    """Make an element's calls that earlier attempts have not finished; what they raise is logged, and the others go on.

    A call returns early when `slurm.signals.stop_requested`, and is made again by the next attempt.

    Raises:
        OSError, DamagedLedgerError: If its calls cannot be read.
    """
    calls = submission.calls(element)
    signals.listen()
    faulthandler.enable()
    log, job_id = submission.log(element), _job_id()
    events = log.read()
    finished = {event.task for event in events if event.event in {"task_done", "task_failed"}}
    previous, retries = _previous(events), submission.retries
    attempts.begin(Attempt(job_id=job_id, previous=previous, retries=retries, log=log, submission=submission))
    threading.Thread(target=_stop_when_closed, args=(submission, element), daemon=True).start()
    log.write("started", job_id=job_id, node=_node())
    failed = any(event.event == "task_failed" for event in events)
    for name, call in calls:
        if name in finished:
            continue
        if signals.stop_requested() or submission.closed(element) is not None:
            return _stopped(submission, element)
        try:
            pickle.loads(call)()  # noqa: S301 - written by the submitter
        except Exception:  # noqa: BLE001 - recorded; the other tasks go on
            failed, text = True, traceback.format_exc()
            _say(text)
            log.write("task_failed", job_id=job_id, task=name, message=text.rstrip().rpartition("\n")[2])
            continue
        if signals.stop_heard():
            return _stopped(submission, element)
        log.write("task_done", job_id=job_id, task=name)
    return FAILED if failed else DONE


def end(submission: Submission, element: int, status: int) -> int:
    """Say how this attempt ended, and put the element back into the queue where that is called for.

    Returns:
        The exit code of the job.
    """
    log, job_id = submission.log(element), _job_id()
    kind = _ending(status, submission, job_id)
    limit = submission.retries.get(kind, 0) if submission.requeue else 0
    events = log.read()
    before = sum(event.event == "ended" and event.kind == kind for event in _since_progress(events))
    again = before < limit and submission.closed(element) is None
    said = f"{kind} {before + 1} times in a row, where the profile allows {limit}" if limit and not again else ""
    if kind == "failed":
        said = next((event.message for event in reversed(events) if event.event == "task_failed"), "")
    if kind == "error":
        said = next((line for line in reversed(_last_words(submission, job_id).split("\n")) if line.strip()), "")
    log.write("ended", job_id=job_id, node=_node(), kind=kind, message=said)
    _say(f"{_ENDED}: {kind}, {'requeued' if again else 'not requeued'}{said and f' ({said})'}")
    if again:
        _patiently(lambda: queue.requeue(job_id))
    return status


def _stopped(submission: Submission, element: int) -> int:
    return STOPPED if submission.closed(element) is None else CLOSED


def _stop_when_closed(submission: Submission, element: int) -> None:
    """Take a closed ledger as a stop request, also where Slurm could not be told to cancel."""
    while submission.closed(element) is None:
        time.sleep(_AGAIN_S)
    signals.request_stop()


def _since_progress(events: list[Event]) -> list[Event]:
    """Events after the last one that achieved something."""
    achieved = [number for number, event in enumerate(events) if event.event in {"progress", "task_done"}]
    return events[achieved[-1] + 1 :] if achieved else events


def _ending(status: int, submission: Submission, job_id: str) -> Ending:
    simple: dict[int, Ending] = {DONE: "done", FAILED: "failed", CLOSED: "closed"}
    if status in simple:
        return simple[status]
    job = _patiently(lambda: queue.element(job_id))
    left = queue.seconds(job.time_left) if job is not None else 0.0
    if job is not None and job.state != "RUNNING":
        return "cancelled" if job.state == "CANCELLED" else "stopped"
    if status == STOPPED or status in _SIGNALLED:
        return "time_limit" if left < submission.signal_s + _NEAR_S else "preempted"
    if _MEMORY.search(_last_words(submission, job_id)):
        return "memory"
    return "killed" if status >= _KILLED else "error"


def _previous(events: list[Event]) -> Ending | None:
    """Outcome of the last attempt; one that left no word was lost."""
    last = next((event for event in reversed(events) if event.event in {"started", "ended"}), None)
    if last is None:
        return None
    return last.kind if last.event == "ended" else "lost"


def _last_words(submission: Submission, job_id: str) -> str:
    """Slurm's lines in the element's stderr since it started last."""
    path = submission.stderr(job_id)
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        text = file.read().decode(errors="replace")
    return text.rpartition(_ENDED)[2]


def _patiently(call: Callable[[], T]) -> T | None:
    """Result of the call once Slurm answers; None if it does not for half an hour."""
    late = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return call()
        except SlurmError as error:
            _say(f"Slurm: {error}")
            if time.monotonic() > late:
                return None
        time.sleep(_AGAIN_S)


def _say(text: str) -> None:
    """Into the element's log."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def _job_id() -> str:
    return f"{os.environ['SLURM_ARRAY_JOB_ID']}_{os.environ['SLURM_ARRAY_TASK_ID']}"


def _node() -> str:
    return os.environ.get("SLURMD_NODENAME", "")


def main() -> int:
    """The command line that `slurm.entry` hands on."""
    shared = sys.argv[1] == "--shared"
    command, folder, offset, *status = sys.argv[1 + shared :]
    try:
        submission, element = Submission(Path(folder)), int(offset) + int(os.environ["SLURM_ARRAY_TASK_ID"])
        if not shared:
            submission.check_private(element)
        return end(submission, element, int(status[0])) if command == "end" else run(submission, element)
    except (OSError, DamagedLedgerError, UnsafeFolderError) as error:
        _say(f"hw1: {error}")
        return REFUSED


if __name__ == "__main__":
    sys.exit(main())
