"""Pictures of many figures, drawn on every core."""

import multiprocessing
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from itertools import count

from analysis.figure import Figure
from analysis.frames import StudyResults
from analysis.picture import Picture, picture

Drawing = tuple[Figure, StudyResults]
FEWEST = 8
"""So many figures take longer than starting processes does."""

_todo: Sequence[Drawing] = ()


@contextmanager
def pictures(todo: Sequence[Drawing], progress: Callable[[int, int], None]) -> Iterator[Iterable[Picture]]:
    """The figures' pictures, in order; `progress` hears how many there are of how many.

    Where processes can be forked, each core draws, beginning at once: a forked process has the frames, and also figures
    of a module that cannot be imported by name. `progress` is then called from a thread.
    """
    n_processes = min(_n_cores(), len(todo))
    if n_processes < 2 or len(todo) < FEWEST or sys.platform != "linux":  # noqa: PLR2004 - one draws here
        yield _one_by_one(todo, progress)
        return
    context, others = multiprocessing.get_context("fork"), multiprocessing.active_children()
    pool = ProcessPoolExecutor(n_processes, mp_context=context, initializer=_begin, initargs=(todo,))
    try:
        coming = _submitted(pool, len(todo))
    except (OSError, RuntimeError):  # the system starts no more processes, or threads
        pool.shutdown(wait=False)
        for process in set(multiprocessing.active_children()).difference(others):
            process.terminate()
        yield _one_by_one(todo, progress)
        return
    with pool:
        ended = count(1)
        for each in coming:
            each.add_done_callback(lambda _: progress(next(ended), len(todo)))
        try:
            yield (each.result() for each in coming)
        finally:
            pool.shutdown(cancel_futures=True)


def _submitted(pool: ProcessPoolExecutor, n: int) -> list[Future[Picture]]:
    with warnings.catch_warnings():
        # Of threads in the forked process: ours wait, and those of numpy and Arrow are made again in a fork.
        warnings.filterwarnings("ignore", category=DeprecationWarning, message=".*fork")
        return [pool.submit(_drawn, number) for number in range(n)]


def _one_by_one(todo: Sequence[Drawing], progress: Callable[[int, int], None]) -> Iterator[Picture]:
    for number, (figure, study) in enumerate(todo, 1):
        made = picture(figure, study)
        progress(number, len(todo))
        yield made


def _begin(todo: Sequence[Drawing]) -> None:
    global _todo  # noqa: PLW0603 - set once, in a process that only draws
    _todo = todo


def _drawn(number: int) -> Picture:
    return picture(*_todo[number])


def _n_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
