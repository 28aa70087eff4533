"""The tasks of one local run: those that wait, those that run, and how the others ended."""

import os
import re
import stat
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from slurm import cores
from slurm.forks import Forks
from slurm.lifeline import Lifeline
from slurm.process import Process
from slurm.tasks import Outcome, State, Task
from slurm.window import Load, next_start


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """An event in a task's life; ``outcome`` is there once it has ended."""

    name: str
    state: Literal["running", "stopping"] | State
    outcome: Outcome | None = None


OnChange = Callable[[Change], None]

_WAKE = """
import os, signal, sys
sys.stdin.read()
for pid in sys.argv[1:]:
    os.killpg(int(pid), signal.SIGCONT)
"""

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")

_ORPHAN_S = 1.0
"""A worker kills itself this much later than its parent would, so that it does only what its parent cannot do."""


class Pool:
    """The tasks that wait, run and have ended."""

    def __init__(  # noqa: PLR0913 - what `run_local` is given, by name
        self,
        tasks: Sequence[Task],
        *,
        folder: Path,
        n_cpus: int,
        gpus: Sequence[int],
        on_change: OnChange | None,
        grace_s: float,
        imports: Sequence[str],
    ) -> None:
        """Take up the lifeline; nothing is started yet."""
        self.running: list[Process] = []
        self.outcomes: dict[str, Outcome] = {}
        self.error: BaseException | None = None
        self._waiting = sorted(tasks, key=lambda task: -task.minutes)
        self._folders = {task.name: folder / f"{k:03d}-{_file_name(task.name)}" for k, task in enumerate(tasks)}
        self._n_cpus, self._gpus, self._imports = n_cpus, gpus, imports
        self._forks: dict[int, Forks] = {}
        self._on_change, self._grace_s = on_change, grace_s
        self._lifeline_path = folder / "lifeline"
        self._lifeline = Lifeline(self._lifeline_path)
        self._cores, self._share = folder / "cores", 0

    @property
    def busy(self) -> bool:
        """True if there is a task that has not ended."""
        return bool(self._waiting or self.running)

    def start(self) -> None:
        """Start what fits and waits for nothing, and share the cores among what runs."""
        self._start_fitting()
        share = cores.share(self._n_cpus, [process.task.cores for process in self.running])
        if share != self._share:
            self._share = share
            cores.say(self._cores, share)

    def _start_fitting(self) -> None:
        while True:
            ready = [task for task in self._waiting if task.after <= self.outcomes.keys()]
            waiting = [self._load(task.minutes, task) for task in ready]
            running = [self._load(process.minutes, process.task) for process in self.running]
            position = next_start(waiting, running, cpus=self._n_cpus, gpus=len(self._gpus))
            if position is None or not self._is_ready(waiting[position].cpus):
                return
            self._waiting.remove(ready[position])
            self._start(ready[position])

    def reap(self) -> None:
        """Collect processes that have ended."""
        for process in [process for process in self.running if process.ended]:
            self.running.remove(process)
            self._end(process.outcome())

    def stop(self) -> None:
        """Start nothing more, and ask what runs to stop. To be called once, also when all is done."""
        self._lifeline.let_go()
        self._lifeline_path.unlink(missing_ok=True)
        self._cores.unlink(missing_ok=True)
        for process in self.running:
            self._tell(Change(name=process.task.name, state="stopping"))
        for task in self._waiting:
            self._end(Outcome(name=task.name, state="interrupted", reason="not started"))
        self._waiting.clear()

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Stop what runs until the end of the block.

        Should this process be killed meanwhile, a small one, whose input ends then, lets the workers go on, so that
        they hear of it and end.
        """
        pids = [str(process.pid) for process in self.running]
        command = [sys.executable, "-I", "-S", "-c", _WAKE, *pids]
        with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as waking:  # noqa: S603 - a line of our own
            for process in self.running:
                process.suspend()
            try:
                yield
            finally:
                for process in self.running:
                    process.resume()
                waking.kill()

    def close(self) -> None:
        """Start nothing ever again, once nothing runs."""
        for forks in self._forks.values():
            forks.close()

    def kill(self) -> None:
        """Kill what runs."""
        for process in self.running:
            process.kill()

    def _start(self, task: Task) -> None:
        load = self._load(task.minutes, task)
        free = [gpu for gpu in self._gpus if not any(gpu in process.gpus for process in self.running)]
        folder = self._folders[task.name]
        try:
            folder.mkdir(mode=stat.S_IMODE(folder.parent.stat().st_mode))
            process = Process(
                task,
                forks=self._forks[load.cpus],
                gpus=free[: load.gpus],
                folder=folder,
                lifeline=self._lifeline_path,
                grace_s=self._grace_s + _ORPHAN_S,
            )
        except Exception as error:  # noqa: BLE001 - a call that cannot be pickled, a full disk: the others go on
            reason = f"could not be started: {error}"
            self._end(Outcome(name=task.name, state="failed", reason=reason, error=traceback.format_exc()))
        else:
            self.running.append(process)
            self._tell(Change(name=task.name, state="running"))

    def _is_ready(self, cpus: int) -> bool:
        """True if a worker with these cpus can be started, or must fail to be: libraries read them as they load."""
        if cpus not in self._forks:
            own = {**dict.fromkeys(_THREADS, str(cpus)), cores.VARIABLE: str(self._cores), **_paths()}
            log = self._lifeline_path.with_name(f"workers-{cpus}.err")
            self._forks[cpus] = Forks(imports=self._imports, log=log, environment=os.environ | own)
        return self._forks[cpus].ready

    def _load(self, minutes: float, task: Task) -> Load:
        return Load(minutes, min(task.cpus, self._n_cpus), min(task.gpus, len(self._gpus)))

    def _end(self, outcome: Outcome) -> None:
        self.outcomes[outcome.name] = outcome
        self._tell(Change(name=outcome.name, state=outcome.state, outcome=outcome))

    def _tell(self, change: Change) -> None:
        try:
            if self._on_change is not None:
                self._on_change(change)
        except BaseException as error:  # noqa: BLE001 - raised when the workers are gone
            self.error, self._on_change = error, None


def _file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name)[:80]


def _paths() -> dict[str, str]:
    """Have workers import what this process does, and nothing from the folder that it happens to be in.

    Where this process itself imports our packages from its first path, as a script beside them does, so must they.
    """
    here, first = str(Path(__file__).parents[1]), str(Path(sys.path[0]).absolute())
    more = [here] if here == first else []
    paths = os.pathsep.join([*more, *filter(None, [os.environ.get("PYTHONPATH")])])
    return {"PYTHONSAFEPATH": "1", **({"PYTHONPATH": paths} if paths else {})}
