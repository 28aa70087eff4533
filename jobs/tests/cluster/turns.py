"""Tests that take turns at a cluster: some side by side, others alone."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slurm.devcluster import Cluster, DevclusterError, Options

EMPTY_S = 40.0
"""Jobs that are killed have ended by then."""


@contextmanager
def alone(slurm: Cluster) -> Iterator[None]:
    """The cluster is whole, and nobody else's until the end; then it is made whole again."""
    with turn(slurm.shared, fcntl.LOCK_EX):
        _mend(slurm)
        yield
        _mend(slurm)


@contextmanager
def beside_others(slurm: Cluster) -> Iterator[None]:
    """The cluster is whole until the end, and others may submit to it too."""
    while True:
        with turn(slurm.shared, fcntl.LOCK_SH):
            if _is_whole(slurm):
                yield
                return
        with alone(slurm):
            pass


@contextmanager
def turn(folder: Path, how: int) -> Iterator[None]:
    """Hold the folder's lock, shared or exclusive."""
    with (folder / "turn").open("a") as file:
        fcntl.flock(file, how)
        yield


def _is_whole(slurm: Cluster) -> bool:
    """True with default options, all daemons running and all nodes usable."""
    bad = ("sinfo", "--noheader", "--Node", "--states=down,drain,fail", "--format=%N")
    try:
        return slurm.is_up and slurm.options == Options() and not slurm.slurm(*bad).split()
    except DevclusterError:
        return False


def _wait_until_empty(slurm: Cluster) -> None:
    """Until no job is there, not even one that is ending: it counts where jobs are limited."""
    late = time.monotonic() + EMPTY_S
    while slurm.slurm("squeue", "--noheader", "--user=hw1user", "--format=%i") and time.monotonic() < late:
        time.sleep(0.2)


def _mend(slurm: Cluster) -> None:
    """Make it whole, with nothing in its queue."""
    whole = slurm.is_up and slurm.options == Options()
    try:
        if whole:
            slurm.slurm("scancel", "--user=hw1user", "--quiet")
            slurm.slurm("scancel", "--user=hw1user", "--quiet", "--signal=KILL")
            _wait_until_empty(slurm)
            slurm.resume()
    except DevclusterError:
        whole = False
    if not whole:
        slurm.restart(Options())
