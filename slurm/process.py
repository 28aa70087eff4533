"""One task in a process of its own, under submitit's local executor."""

import os
import pickle
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import submitit
from submitit.helpers import environment_variables

from slurm.lifeline import signal_group
from slurm.signals import held
from slurm.tasks import Outcome, State, Task
from slurm.worker import Worker

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
"""Read by libraries when they are loaded, so they must be in the worker's environment from its start."""

_NEVER_MIN = 60 * 24 * 365
"""submitit's local jobs end after minutes unless told otherwise."""

_START_S = 20.0
"""A worker that has not said its pid after this long is stuck before our code, for instance in importing numpy."""

_LATE = "no result: did not stop when asked to"
_GONE = "no result: ended by itself or killed, perhaps out of memory"

_N_LINES = 20
_TAIL_BYTES = 1 << 14
"""Number of characters shown of the stderr of a worker that was killed."""


class Process:
    """A task's worker, from its start to its outcome."""

    def __init__(  # noqa: PLR0913 - all but the first by name
        self, task: Task, *, cpus: int, gpus: Sequence[int], folder: Path, lifeline: Path, grace_s: float
    ) -> None:
        """Start it. The folder, new and its own, gets its logs.

        The worker is the child of a controller, which submitit starts and which is our child. The thread counts are
        in this process's environment only while the controller is started. Both inherit held signals: the controller
        keeps them for ever, so that it cannot kill the worker under its checkpoint as it would on Ctrl-C; the worker
        takes them when it is ready.

        Raises:
            OSError: If the disk refuses.
            Exception: If the call cannot be pickled.
        """
        self.task, self.gpus = task, gpus
        self._folder, self._started, self._killed_at = folder, time.monotonic(), 0.0
        worker = Worker(
            call=pickle.dumps(task.call),
            lifeline=lifeline,
            grace_s=grace_s,
            pids=folder,
            safe_path=os.environ.get("PYTHONSAFEPATH"),
        )
        executor = submitit.LocalExecutor(folder)
        executor.update_parameters(timeout_min=_NEVER_MIN, gpus_per_node=len(gpus), visible_gpus=tuple(gpus))
        with held(), environment_variables(**dict.fromkeys(_THREADS, cpus), **_paths()):
            self._job = executor.submit(worker)

    @property
    def minutes(self) -> float:
        """Time left of the estimate."""
        return max(0.0, self.task.minutes - (time.monotonic() - self._started) / 60)

    @property
    def ended(self) -> bool:
        """True if worker and controller are gone."""
        return self._job.done()

    @property
    def starting(self) -> bool:
        """True if the worker has not said its pid yet."""
        return not self._worker_pids()

    @property
    def pids(self) -> list[str]:
        """The worker's pid, which leads its group, once it has said it."""
        return [str(pid) for pid in self._worker_pids()]

    def suspend(self) -> None:
        """Stop the worker and everything it started."""
        for pid in self._worker_pids():
            signal_group(pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let them go on, and the controller, which a terminal stops too."""
        for pid in self._worker_pids():
            signal_group(pid, signal.SIGCONT)
        with suppress(ProcessLookupError):
            os.kill(int(self._job.job_id), signal.SIGCONT)

    def kill(self) -> None:
        """Kill the worker and everything it started; the controller follows by itself. May be repeated."""
        now = time.monotonic()
        self._killed_at = self._killed_at or now
        pids = self._worker_pids()
        for pid in pids:
            signal_group(pid)
        if not pids and now - self._killed_at > _START_S:
            with suppress(ProcessLookupError):
                os.kill(int(self._job.job_id), signal.SIGKILL)

    def outcome(self) -> Outcome:
        """Its outcome; removes what is left of its processes, and its files but for the logs."""
        for pid in self._worker_pids():
            signal_group(pid)
        state, reason, error = self._end()
        for path in (*self._folder.glob("*.pkl"), *self._folder.glob("*.pid")):
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
            reason = _LATE if self._killed_at else _GONE
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

    def _worker_pids(self) -> list[int]:
        return [int(path.stem) for path in self._folder.glob("*.pid")]


def _paths() -> dict[str, str]:
    """Have workers import what this process does, and nothing from the folder that it happens to be in.

    Where this process itself imports our packages from its first path, as a script beside them does, so must they.
    """
    here, first = str(Path(__file__).parents[1]), str(Path(sys.path[0]).absolute())
    more = [here] if here == first else []
    paths = os.pathsep.join([*more, *filter(None, [os.environ.get("PYTHONPATH")])])
    return {"PYTHONSAFEPATH": "1", **({"PYTHONPATH": paths} if paths else {})}
