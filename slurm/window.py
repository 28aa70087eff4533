"""The window: which task starts next on a machine with a number of cpus and gpus."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Load(NamedTuple):
    """A task's cores and memory, and for how long: estimated, or what is left of the estimate while it runs."""

    minutes: float
    cpus: int
    gpus: int


def next_start(waiting: Sequence[Load], running: Sequence[Load], *, cpus: int, gpus: int) -> int | None:
    """Which of the waiting tasks, in their order, is to start now; None if none is.

    The first one starts as soon as it fits. Until then a later one may go ahead of it if it fits and, by the
    estimates, ends before the first one could start. So cores do not idle beside a big task that waits for all of
    them, and it is not starved: once the tasks that it waits for are over their estimates, nothing goes ahead.
    """
    if not waiting:
        return None
    first, *others = waiting
    if _fits(first, running, cpus, gpus):
        return 0
    until = _minutes_until(first, running, cpus, gpus)
    for position, load in enumerate(others, start=1):
        if load.minutes <= until and _fits(load, running, cpus, gpus):
            return position
    return None


def _fits(load: Load, running: Iterable[Load], cpus: int, gpus: int) -> bool:
    taken = list(running)
    free_cpus = cpus - sum(each.cpus for each in taken)
    free_gpus = gpus - sum(each.gpus for each in taken)
    return load.cpus <= free_cpus and load.gpus <= free_gpus


def _minutes_until(load: Load, running: Iterable[Load], cpus: int, gpus: int) -> float:
    """Moment at which the load will fit, if the running ones end as estimated."""
    remaining = sorted(running)
    minutes = 0.0
    while remaining and not _fits(load, remaining, cpus, gpus):
        minutes = remaining.pop(0).minutes
    return minutes
