"""The cores that a task may use at the moment: its own, and its share of those that no other task uses."""

import os
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from pathlib import Path
from typing import TypeVar

VARIABLE = "HW1_CORES"
"""In a local worker's environment: the file that says how many."""

_ALLOCATED = "SLURM_CPUS_PER_TASK"
_MOST = 64

T = TypeVar("T")


def share(n: int, wanted: Collection[int]) -> int:
    """Cores for each task that can use several: its own, and an equal share of those that are left; others use one.

    Args:
        n: All cores.
        wanted: How many each task that runs can use.
    """
    wide = sum(each > 1 for each in wanted)
    return 1 + max(0, n - len(wanted)) // max(1, wide)


def say(path: Path, n: int) -> None:
    """Tell the workers of a local run how many cores each may use; a disk that refuses leaves them what they had."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            os.write(file, f"{n:04}".encode())  # of a fixed length: readers see the one number or the other
        finally:
            os.close(file)
    except OSError:
        return


def free() -> int:
    """Number of cores that this process may use now; at least 1."""
    try:
        path = os.environ.get(VARIABLE)
        return max(1, int(Path(path).read_bytes() if path else os.environ.get(_ALLOCATED, "1")))
    except (OSError, ValueError):
        return 1


def in_parallel(calls: Sequence[Callable[[], T]]) -> list[T]:
    """The results of calls, in their order, made on the cores that are free, however many these are.

    One thread makes some of them, one after the other; whatever one raises is raised.
    """
    n = min(free(), len(calls))
    if n < 2:  # noqa: PLR2004 - more than one
        return [call() for call in calls]
    shares = [calls[k * len(calls) // n : (k + 1) * len(calls) // n] for k in range(n)]
    others = [_threads().submit(_made, share) for share in shares[1:]]
    try:
        own = _made(shares[0])
    finally:
        wait(others)
    return [*own, *(each for other in others for each in other.result())]


def _made(calls: Sequence[Callable[[], T]]) -> list[T]:
    return [call() for call in calls]


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_MOST, thread_name_prefix="cores")
