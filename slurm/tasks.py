"""Tasks: what is to run, and how it ended."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Literal

State = Literal["done", "failed", "killed", "interrupted"]
"""Outcome of a task. `failed`: it raised. `killed`: its process ended without a word. `interrupted`: it was asked to
stop, and stopped or had not begun."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A call to make in a process of its own, and what it takes."""

    name: str
    call: Callable[[], object]
    """Anything that `pickle` takes, by a name that workers can import; what it returns is not kept."""
    minutes: float
    """Estimate; only orders the tasks."""
    cpus: int = 1
    cores: int = 1
    """Cores that it can use at once where nobody else does, see `slurm.cores`."""
    gpus: int = 0
    memory_gb: float = 0.0
    """GiB that it needs; 0 for what the profile gives."""
    after: frozenset[str] = frozenset()
    """Names of tasks that must have ended before it starts, however they ended."""
    after_jobs: frozenset[str] = frozenset()
    """Slurm jobs that it comes after."""
    mail: str = ""
    """Whom Slurm writes to once it has ended; empty: as the profile says."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Keys of its work, in the caller's words, each with its group; the ledger tells who has what."""

    def __post_init__(self) -> None:
        """Refuse what cannot run.

        Raises:
            ValueError: If a number is out of range.
        """
        if not (self.minutes >= 0 and self.cpus >= 1 and self.gpus >= 0 and self.memory_gb >= 0):
            given = f"minutes={self.minutes}, cpus={self.cpus}, gpus={self.gpus}, memory_gb={self.memory_gb}"
            must = "`minutes` >= 0, `cpus` >= 1, `gpus` >= 0 and `memory_gb` >= 0"
            raise ValueError(f"task {self.name!r} must have {must}, got {given}")


def stages(tasks: Sequence[Task]) -> dict[str, int]:
    """By name, 0 for a task that waits for no other of these, else one more than the last of those that it waits for.

    Raises:
        ValueError: If two have one name, one waits for a task that is not there, or they wait for each other.
    """
    after = {task.name: task.after for task in tasks}
    absent = sorted({name for names in after.values() for name in names} - after.keys())
    if absent or len(after) < len(tasks):
        raise ValueError(f"tasks must have different names and wait for each other only, got {', '.join(absent)}")
    found: dict[str, int] = {}
    try:
        for name in TopologicalSorter(after).static_order():
            found[name] = 1 + max((found[each] for each in after[name]), default=-1)
    except CycleError as error:
        raise ValueError(f"tasks wait for each other in a circle: {' after '.join(error.args[1])}") from None
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """A task's outcome, and the folder of its logs."""

    name: str
    state: State
    reason: str = ""
    """One line; empty if done."""
    error: str = ""
    """The traceback if it failed, the last lines of its stderr if it was killed."""
    stdout: Path | None = None
    stderr: Path | None = None
    seconds: float = 0.0
