"""The processes of a cluster, known by a variable in their environment that no other process has."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from slurm.devcluster.commands import DevclusterError
from slurm.devcluster.layout import Layout

_VARIABLE = "HW1_DEVCLUSTER_DAEMON"
_POLL_S = 0.02
_END_S = 20.0
_N_LOOKS = 2
_EXECVE_S = 0.001
_N_EXECVE_LOOKS = 1000

_PARENT, _MEMORY, _CODE_START, _ENVIRONMENT_START, _ENVIRONMENT_END = 1, 20, 23, 47, 48
"""Of the fields of ``/proc/PID/stat`` that follow the name (proc_pid_stat(5)); execve sets the code's start last."""


def mark(layout: Layout, daemon: str) -> dict[str, str]:
    """Additions to a daemon's environment; what it starts inherits them, but a job's tasks do not."""
    return {_VARIABLE: f"{layout.root}:{daemon}"}


def of_daemon(layout: Layout, daemon: str) -> set[int]:
    """The daemon and the helpers it started."""
    entry = f"{_VARIABLE}={layout.root}:{daemon}"
    return {process.pid for process in _processes() if entry in process.environment}


def of_node(layout: Layout, node: str) -> set[int]:
    """The node's daemons, its jobs' tasks, all that those started, and whatever else has its hostname.

    A slurmstepd of newer Slurms has neither the daemon's environment nor a living parent. What is left of a node that
    lost its power must not tell the controller of it.
    """
    daemon = f"{_VARIABLE}={layout.root}:{node}"
    task = {f"SLURM_CONF={layout.configuration}", f"SLURMD_NODENAME={node}"}
    processes = _processes()
    marked = {each for each in processes if daemon in each.environment or task <= each.environment}
    names = {each.hostname for each in marked} - {_hostname("self")}
    return _families({each.pid for each in processes if each in marked or each.hostname in names}, processes)


def of_cluster(layout: Layout) -> set[int]:
    """All daemons, whatever they are called, and all that they started."""
    prefix = f"{_VARIABLE}={layout.root}:"
    processes = _processes()
    return _families(
        {each.pid for each in processes if any(entry.startswith(prefix) for entry in each.environment)}, processes
    )


def of_any_cluster() -> set[int]:
    """All daemons of every cluster on this machine."""
    return {each.pid for each in _processes() if any(entry.startswith(f"{_VARIABLE}=") for entry in each.environment)}


def kill(pids: Callable[[], set[int]]) -> None:
    """Kill -9 until there are none; all at once, so that none is left for a moment to tell of another's death.

    One look is not enough: what is killed may just have started another.

    Raises:
        DevclusterError: If some do not die.
    """
    _freeze(pids)
    end = time.monotonic() + _END_S
    n_empty_looks = 0
    while n_empty_looks < _N_LOOKS:
        left = pids()
        n_empty_looks = 0 if left else n_empty_looks + 1
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if left and time.monotonic() > end:
            raise DevclusterError(f"processes {sorted(left)} do not die of kill -9")
        time.sleep(_POLL_S)


def _freeze(pids: Callable[[], set[int]]) -> None:
    """Stop them where they are, and what they have just started too."""
    frozen: set[int] = set()
    while new := pids() - frozen:
        for pid in new:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        frozen |= new


def stop(pids: Callable[[], set[int]]) -> None:
    """Ask them to end, and kill those that do not."""
    for pid in pids():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + _END_S
    while pids() and time.monotonic() < end:
        time.sleep(_POLL_S)
    kill(pids)


@dataclass(frozen=True)
class _Process:
    pid: int
    parent: int
    environment: frozenset[str]
    hostname: str
    """Of its UTS namespace: the name of that."""


def _families(pids: set[int], processes: list[_Process]) -> set[int]:
    """The processes, and their descendants."""
    family: set[int] = set()
    while pids - family:
        family |= pids
        pids = {each.pid for each in processes if each.parent in family}
    return family


def _processes() -> list[_Process]:
    """Every process but the dead that nobody has waited for: those have no environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            environment = _environment(folder)
            parent = int(_fields(folder)[_PARENT])
            found.append(_Process(int(folder.name), parent, environment, _hostname(folder.name)))
    return found


def _environment(folder: Path) -> frozenset[str]:
    """The entries of a process's environment; while it starts another program (execve), those that it will have."""
    for _ in range(_N_EXECVE_LOOKS):
        entries = (folder / "environ").read_bytes()
        fields = _fields(folder)
        empty = fields[_CODE_START] != "0" and fields[_ENVIRONMENT_START] == fields[_ENVIRONMENT_END]
        if entries or empty or fields[_MEMORY] == "0":  # without memory it is dead, or the kernel's own
            break
        time.sleep(_EXECVE_S)
    return frozenset(entries.decode(errors="replace").split("\0"))


def _fields(folder: Path) -> list[str]:
    """Fields of ``/proc/PID/stat`` after the name, which stands in parentheses and may hold anything."""
    return (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()


def _hostname(pid: str) -> str:
    return str(Path("/proc", pid, "ns", "uts").readlink())
