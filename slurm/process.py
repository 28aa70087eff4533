"""One task in a process of its own, under submitit's local executor."""

import os
import pickle
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from slurm.forks import Executor, Forks
from slurm.lifeline import signal_group
from slurm.tasks import Outcome, State, Task
from slurm.worker import Worker

_LATE = "no result: did not stop when asked to"
_GONE = "no result: ended by itself or killed, perhaps out of memory"

_N_LINES = 20
_TAIL_BYTES = 1 << 14
"""Number of characters shown of the stderr of a worker that was killed."""


class Process:
    """A task's worker, from its start to its outcome."""

    def __init__(  # noqa: PLR0913 - all but the first by name
        self, task: Task, *, forks: Forks, gpus: Sequence[int], folder: Path, lifeline: Path, grace_s: float
    ) -> None:
        """Start it. The folder, new and its own, gets its logs.

        Raises:
            OSError: If the disk refuses, or no worker can be forked.
            Exception: If the call cannot be pickled.
        """
        self.task, self.gpus = task, gpus
        self._folder, self._started, self._killed = folder, time.monotonic(), False
        worker = Worker(
            call=pickle.dumps(task.call),
            lifeline=lifeline,
            grace_s=grace_s,
            safe_path=os.environ.get("PYTHONSAFEPATH"),
        )
        self._job = Executor(folder, forks, gpus).submit(worker)
        self.pid = int(self._job.job_id)

    @property
    def minutes(self) -> float:
        """Time left of the estimate."""
        return max(0.0, self.task.minutes - (time.monotonic() - self._started) / 60)

    @property
    def ended(self) -> bool:
        """True if the worker is gone."""
        return self._job.done()

    def suspend(self) -> None:
        """Stop the worker and everything it started."""
        signal_group(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let them go on."""
        signal_group(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """Kill the worker and everything it started. May be repeated."""
        self._killed = True
        signal_group(self.pid)

    def outcome(self) -> Outcome:
        """Its outcome; removes what is left of its processes, and its files but for the logs."""
        signal_group(self.pid)
        state, reason, error = self._end()
        for path in self._folder.glob("*.pkl"):
            path.unlink(missing_ok=True)
        return Outcome(
            name=self.task.name,
            state=state,
            reason=reason,
            error=error,
            stdout=self._job.paths.stdout,
            stderr=self._job.paths.stderr,
            seconds=time.monotonic() - self._started,
        )

    def _end(self) -> tuple[State, str, str]:
        """State, reason and error. Without a result, submitit would wait for one for 15 s, so it is not asked."""
        if not self._job.paths.result_pickle.exists():
            reason = _LATE if self._killed else _GONE
            return "killed", reason, self._last_lines()
        error = self._job.exception()
        if error is not None:
            return "failed", "the worker could not run the task", str(error)
        report = self._job.result()
        if report.error:
            return "failed", report.error.rstrip().rpartition("\n")[2], report.error
        return ("interrupted", "stopped when asked to", "") if report.stopped else ("done", "", "")

    def _last_lines(self) -> str:
        path = self._job.paths.stderr
        if not path.exists():
            return ""
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-_N_LINES:])
