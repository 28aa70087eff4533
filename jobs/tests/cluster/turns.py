"""Tests that take turns at a cluster: some side by side, others alone."""

import fcntl
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from slurm.devcluster import Cluster, DevclusterError, Options

EMPTY_S = 40.0
"""Jobs that are killed have ended by then."""

POLL_S = 0.2


@contextmanager
def alone(clusters: Sequence[Cluster]) -> Iterator[Cluster]:
    """The first of the clusters that is free: whole, and nobody else's until the end; then it is made whole again."""
    with first_free([slurm.shared for slurm in clusters]) as free:
        slurm = clusters[free]
        _mend(slurm)
        yield slurm
        _mend(slurm)


@contextmanager
def beside_others(slurm: Cluster) -> Iterator[Cluster]:
    """The cluster is whole until the end, and others may submit to it too."""
    while True:
        with turn(slurm.shared, fcntl.LOCK_SH):
            if _is_whole(slurm):
                yield slurm
                return
        with alone([slurm]):
            pass


@contextmanager
def turn(folder: Path, how: int) -> Iterator[None]:
    """Hold the folder's lock, shared or exclusive."""
    with (folder / "turn").open("a") as file:
        fcntl.flock(file, how)
        yield


@contextmanager
def first_free(folders: Sequence[Path]) -> Iterator[int]:
    """Hold the lock of one of the folders, exclusively, as soon as one can be had; its number."""
    with ExitStack() as stack:
        files = [stack.enter_context((folder / "turn").open("a")) for folder in folders]
        while (free := next((n for n, file in enumerate(files) if _is_locked(file)), None)) is None:
            time.sleep(POLL_S)
        yield free


def _is_locked(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


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
