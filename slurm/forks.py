"""Workers that start in a tenth of a second: forked from a process that has imported what they import.

python -m slurm.forks NAME...    imports the modules, then forks a worker for each line on stdin, until its end

A line is JSON: the folder of a job of submitit's, and what the worker's environment has beside its parent's. For each
worker a line goes to stdout: its pid, once it leads a session of its own; and another, with its exit code, once it has
ended. What it writes itself goes to the job's logs.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from subprocess import PIPE
from typing import Any, NamedTuple

import submitit
from submitit.core.utils import JobPaths
from submitit.local.local import LocalJob

from slurm.signals import held

_START_S = 120.0
"""Importing what workers import takes no longer, on the slowest of disks."""

_END_S = 5.0
"""Time that the process may take to end where it still imports."""

_PICKLE_S = 0.002
"""Time between looks for the job's pickle, which submitit names after the worker's pid."""


class ForksError(OSError):
    """No worker can be forked; the message is one line."""


class Forks:
    """The process that forks, as its parent sees it; it ends with the parent."""

    def __init__(self, *, imports: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        """Start it; the signals that stop workers are held in it, and in them until they listen.

        ``imports`` are modules that workers import; one that fails is left to them.
        """
        self._log, self._ready = log, False
        self._codes: dict[int, int] = {}
        self._said = b""
        self._failure = ""
        command = [sys.executable, "-u", "-m", "slurm.forks", *imports]
        try:
            with log.open("ab") as file, held():
                self._process: Any = subprocess.Popen(  # noqa: S603 - a module of ours
                    command, env=environment, stdin=PIPE, stdout=PIPE, stderr=file, start_new_session=True
                )
        except OSError as error:  # too many processes, a full disk
            self._failure, self._ready = f"no worker can be started: {error.strerror}", True

    @property
    def ready(self) -> bool:
        """True once all is imported, or nothing ever will be."""
        if not self._ready:
            try:
                self._ready = any("ready" in said for said in self._heard(wait_s=0.0))
            except OSError:
                self._ready = True
        return self._ready

    def start(self, folder: Path, environment: Mapping[str, str]) -> int:
        """Fork a worker for a job of submitit's; its pid, which is the job's id, and leads its session.

        Raises:
            ForksError: If none can be forked.
        """
        if self._failure:
            raise ForksError(self._failure)
        request = json.dumps({"folder": str(folder), "environment": dict(environment)})
        late = time.monotonic() + _START_S
        try:
            os.write(self._process.stdin.fileno(), f"{request}\n".encode())
            while time.monotonic() < late:
                for said in self._heard(wait_s=1.0):
                    if "pid" in said:
                        return int(said["pid"])
                    if "error" in said:
                        raise ForksError(said["error"])
        except BrokenPipeError as error:
            raise ForksError(f"no worker can be started: {self._last_line() or error}") from error
        raise ForksError(f"no worker was started within {_START_S:.0f} s")

    def code(self, pid: int) -> int | None:
        """A worker's exit code, negative if a signal ended it; None as long as it runs."""
        with suppress(BrokenPipeError):
            self._heard(wait_s=0.0)
        if pid not in self._codes and self._process.poll() is not None:
            return None if _is_there(pid) else -signal.SIGKILL
        return self._codes.get(pid)

    def close(self) -> None:
        """End the process, by force if it is stuck in an import; workers go on."""
        if not self._failure:
            with self._process:
                self._process.stdin.close()
                try:
                    self._process.wait(_END_S)
                except subprocess.TimeoutExpired:
                    self._process.kill()

    def _heard(self, *, wait_s: float) -> list[dict[str, Any]]:
        """Words of the process but for ends, which are noted.

        Raises:
            BrokenPipeError: If it has ended.
        """
        saying = self._process.stdout.fileno()
        if not select.select([saying], [], [], wait_s)[0]:
            return []
        data = os.read(saying, 1 << 16)
        if not data:
            raise BrokenPipeError("the process that forks has ended")
        *lines, self._said = (self._said + data).split(b"\n")
        heard = list(map(json.loads, lines))
        self._codes |= {said["ended"]: said["code"] for said in heard if "ended" in said}
        return [said for said in heard if "ended" not in said]

    def _last_line(self) -> str:
        with suppress(OSError):
            return self._log.read_text(errors="replace").rstrip().rpartition("\n")[2]
        return ""


class Worker(NamedTuple):
    """A forked worker, as far as submitit asks about a process."""

    forks: Forks
    pid: int

    def poll(self) -> int | None:
        """As of `subprocess.Popen`."""
        return self.forks.code(self.pid)

    def send_signal(self, number: int) -> None:
        """As of `subprocess.Popen`."""
        os.kill(self.pid, number)


class Executor(submitit.LocalExecutor):
    """Submitit's local executor, with a fork in place of two new interpreters a job."""

    def __init__(self, folder: Path, forks: Forks, gpus: Sequence[int]) -> None:
        """Jobs see these gpus alone, by the numbers that CUDA knows them by."""
        super().__init__(folder)
        self.forks, self.gpus = forks, gpus

    def _submit_command(self, command: str) -> "LocalJob[Any]":
        del command
        environment = {
            "CUDA_VISIBLE_DEVICES": ",".join(map(str, self.gpus)),
            "SUBMITIT_EXECUTOR": "local",
            "SUBMITIT_LOCAL_NTASKS": "1",
            "SUBMITIT_LOCAL_JOB_NUM_NODES": "1",
            **dict.fromkeys(("SUBMITIT_LOCAL_NODEID", "SUBMITIT_LOCAL_LOCALID", "SUBMITIT_LOCAL_GLOBALID"), "0"),
        }
        worker: Any = Worker(self.forks, self.forks.start(Path(self.folder), environment))
        return LocalJob(folder=self.folder, job_id=str(worker.pid), tasks=[0], process=worker)


class _Job(NamedTuple):
    """To be done by a forked worker."""

    folder: str
    environment: Mapping[str, str]


def _forked() -> _Job | None:
    """Fork as asked. Returns in a worker, with its job, and at the end of stdin."""
    woken, waking = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(waking, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waking)
    asked = b""
    while True:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            os.read(woken, 1 << 16)
            _say_ends()
        if 0 not in ready:
            continue
        data = os.read(0, 1 << 16)
        if not data:
            return None
        *lines, asked = (asked + data).split(b"\n")
        for line in lines:
            job = _Job(**json.loads(line))
            if _fork(job, close=(woken, waking)):
                return job


def _fork(job: _Job, *, close: Sequence[int]) -> bool:
    """True in the worker, which leads a session, and whose output goes to its job's logs."""
    begun, beginning = os.pipe()
    try:
        pid = os.fork()
    except OSError as error:
        os.close(begun)
        os.close(beginning)
        _say(error=f"no worker can be forked: {error.strerror}")
        return False
    if pid:
        os.close(beginning)
        os.read(begun, 1)  # or its end, should the worker have died already
        os.close(begun)
        _say(pid=pid)
        return False
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    paths = JobPaths(job.folder, str(os.getpid()), 0)
    for path, number in ((Path(os.devnull), 0), (Path(paths.stdout), 1), (Path(paths.stderr), 2)):
        file = os.open(path, os.O_RDWR if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        os.dup2(file, number)
        os.close(file)
    os.close(beginning)
    for number in (begun, *close):
        os.close(number)
    return True


def _say_ends() -> None:
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            _say(ended=pid, code=os.waitstatus_to_exitcode(status))


def _say(**what: object) -> None:
    os.write(1, f"{json.dumps(what)}\n".encode())


def _work(job: _Job) -> None:
    """Be the worker. What a process draws by chance as it starts, it draws by itself."""
    from submitit.core.submission import process_job  # noqa: PLC0415 - imports numpy, as only workers do

    os.environ.update(job.environment, SUBMITIT_LOCAL_JOB_ID=str(os.getpid()))
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    pickle = JobPaths(job.folder, str(os.getpid()), 0).submitted_pickle
    late = time.monotonic() + _START_S
    while not pickle.exists() and time.monotonic() < late:
        time.sleep(_PICKLE_S)
    process_job(job.folder)


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def main() -> None:
    """The command line."""
    names = ("submitit.core.submission", *sys.argv[1:])
    for name in names if sys.platform != "darwin" else ():  # whose own libraries do not survive a fork
        with suppress(Exception):
            import_module(name)
    _say(ready=True)
    job = _forked()
    if job is None:
        os._exit(0)  # at once: to take an interpreter with torch in it apart takes half a second
    _work(job)


if __name__ == "__main__":
    main()
