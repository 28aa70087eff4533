"""Holders of packs: the process that a pack belongs to, told from every other one of every machine."""

import os
import socket
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from jobs.worker import provenance
from slurm import attempts


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """The process that a pack belongs to."""

    host: str
    """The machine, or the Slurm node it plays."""
    job_id: str
    machine: str
    pid: int
    born: int
    """Start of the process, in clock ticks since its machine's: a pid alone is used again."""
    cluster: str = ""
    """Whose job it is; empty for local ones."""
    deaths: int = 0
    """Workers that have died while they trained the pack, of memory or of kill -9."""

    @property
    def is_me(self) -> bool:
        """True if it is this process."""
        return (self.machine, self.pid, self.born) == (machine(), os.getpid(), born(os.getpid()))

    @property
    def has_ended(self) -> bool:
        """True if it was a process of this machine and is no more, or an earlier attempt of this process's job.

        A job that Slurm started again has no other process, or one that stands still on a node that was lost.
        """
        if self.cluster and (self.cluster, self.job_id) == (provenance.cluster(), provenance.job()):
            return not self.is_me
        return self.machine == machine() and bool(self.born) and born(self.pid) != self.born


def me() -> Holder:
    """This process."""
    pid = os.getpid()
    return Holder(
        host=provenance.host(),
        job_id=provenance.job(),
        cluster=provenance.cluster(),
        machine=machine(),
        pid=pid,
        born=born(pid),
    )


def machine() -> str:
    """The scope in which pids are unique: hostname, start of the system, and namespace of a container."""
    place = [socket.gethostname()]
    with suppress(OSError):
        place += [
            Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
            str(Path("/proc/self/ns/pid").readlink()),
        ]
    return " ".join(place)


def born(pid: int) -> int:
    """Start of a process of this machine, in clock ticks since the machine's; 0 if it is over, or no one knows."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return 0
    return 0 if state in {"Z", "X"} else int(fields[18])


def heir(before: Holder | None) -> Holder:
    """This process, with the deaths that the pack has caused: whoever had it, in this job, was killed or not."""
    mine, attempt = me(), attempts.current()
    if before is None:
        return mine
    died = before.job_id == mine.job_id and attempt.previous in {"killed", "memory"}
    return replace(mine, deaths=before.deaths + died)


def deaths_allowed(attempt: attempts.Attempt, *, n_runs: int) -> int:
    """Number of workers that may die of a pack of so many runs: of memory, one is enough to halve it."""
    return 1 if attempt.previous == "memory" and n_runs > 1 else attempt.limit(attempt.previous)
