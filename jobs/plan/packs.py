"""Pending runs into packs of one shape, and packs into tasks."""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from heapq import heapreplace
from math import ceil

from jobs.pack import PACK_S, Pack
from jobs.plan.calibration import NOTHING, Calibration
from jobs.sweep import Run
from slurm.cores import share

LARGEST_PACK = 50
"""Runs in a fused pack at most, if they take time: a larger stack leaves the cache and gains nothing."""
LARGEST_ON_GPU = 400
"""The same where a GPU trains it: a step of few networks takes as long there as one of hundreds. Not measured."""
SMALLEST_PACK = 16
"""Runs in a fused pack at least, before it is split so that every worker has one."""
TASK_S = 180.0
"""Tasks are made about this long: long against a worker's start, short against the whole."""
_MOMENT_S = 1e-9
START_S = 4.0
"""Time that a worker takes to start and to import torch, where every core starts one."""


def packs(
    runs: Iterable[Run],
    *,
    n_workers: int,
    begun: Iterable[Sequence[str]] = (),
    calibration: Calibration = NOTHING,
    n_on_gpu: int = 0,
) -> list[Pack]:
    """Packs of pending runs, longest first.

    `begun` are the run ids of packs that have a checkpoint: where all of one are pending they stay together, so that
    it can be continued. `calibration`: actual over estimated times. `n_on_gpu`: how many of the workers have a GPU; a
    study that asks for none is packed for CPUs, and for all workers.
    """
    waiting = {run.run_id: run for run in runs}
    result = [
        _pack([waiting.pop(run_id) for run_id in ids], calibration)
        for ids in begun  # one by one: checkpoints of a pack and of one of its runs may both be there
        if ids and len(set(ids)) == len(ids) and all(run_id in waiting for run_id in ids)
    ]
    groups: dict[object, list[Run]] = defaultdict(list)
    for run in waiting.values():
        groups[run.study.name, run.spec.group].append(run)
    for group in groups.values():
        on_gpu = n_on_gpu > 0 and group[0].study.may_use_gpus
        largest = LARGEST_ON_GPU if on_gpu else LARGEST_PACK
        size = _size(group, n_on_gpu if on_gpu else n_workers, largest, calibration)
        result += [_pack(group[start : start + size], calibration) for start in range(0, len(group), size)]
    return sorted(result, key=lambda pack: -pack.seconds)


def _pack(runs: list[Run], calibration: Calibration) -> Pack:
    first = runs[0]
    specs, spec = tuple(run.spec for run in runs), first.spec
    return Pack(
        study=first.study.name,
        threads=first.study.threads,
        specs=specs,
        gpus=first.study.gpus,
        needs_gb=first.study.memory_gb,
        stage=first.study.stage,
        pace=calibration.factor(spec),
        peak_gb=calibration.peak_gb(spec),
    )


def _size(group: Sequence[Run], n_workers: int, largest: int, calibration: Calibration) -> int:
    """Fill every worker, in packs of even size; what is neither fused nor trained in turn shares one pack."""
    n, spec = len(group), group[0].spec
    if spec.in_turn:
        worth_it = max(1, int(PACK_S / max(1e-9, calibration.factor(spec) * spec.seconds([spec]))))
        return min(worth_it, ceil(n / n_workers))
    if not spec.is_fused:
        return n
    largest = max(largest, int(PACK_S / spec.seconds([spec])))
    filling = min(max(ceil(n / n_workers), SMALLEST_PACK), largest)
    return ceil(n / ceil(n / filling))


def n_local_tasks(packs: Sequence[Pack], n_workers: int) -> int:
    """Number of tasks local workers should share: enough that none is idle while another has much left."""
    return max(n_workers, ceil(sum(pack.seconds for pack in packs) / TASK_S))


def local_tasks(packs: Sequence[Pack], n_workers: int, *, n_on_gpu: int = 0) -> list[list[Pack]]:
    """Packs dealt to tasks for local workers, stage by stage; those that a GPU trains share no task with others."""
    groups = defaultdict[tuple[int, bool], list[Pack]](list)
    for pack in packs:
        groups[pack.stage, n_on_gpu > 0 and pack.may_use_gpus].append(pack)
    return [
        task
        for (_, on_gpu), group in sorted(groups.items())
        for task in tasks(group, n_tasks=n_local_tasks(group, n_on_gpu if on_gpu else n_workers))
    ]


def tasks(packs: Sequence[Pack], *, n_tasks: int) -> list[list[Pack]]:
    """Packs dealt to as many tasks, the longest pack first and always to the task with least to do."""
    dealt: list[list[Pack]] = [[] for _ in range(min(len(packs), n_tasks))]
    free = [(0.0, number) for number in range(len(dealt))]
    for pack in sorted(packs, key=lambda pack: -pack.seconds):
        seconds, least = free[0]
        dealt[least].append(pack)
        heapreplace(free, (seconds + pack.seconds, least))
    return sorted(dealt, key=lambda task: -sum(pack.seconds for pack in task))


def tasks_alike(packs: Sequence[Pack], *, n_tasks: int) -> list[list[Pack]]:
    """Packs dealt to about as many tasks, stage by stage; those of one task ask for the same resources."""
    groups: dict[object, list[Pack]] = defaultdict(list)
    for pack in sorted(packs, key=lambda pack: pack.stage):
        groups[pack.stage, pack.gpus, pack.threads, pack.needs_gb].append(pack)
    whole = sum(pack.seconds for pack in packs) or 1.0
    shares = {key: ceil(n_tasks * sum(pack.seconds for pack in group) / whole) for key, group in groups.items()}
    return [task for key, group in groups.items() for task in tasks(group, n_tasks=max(1, shares[key]))]


def makespan_s(tasks: Sequence[Sequence[Pack]], n_workers: int, *, n_on_gpu: int = 0) -> float:
    """Estimated seconds from start to end: tasks go to the worker that is free first, in their order.

    Stages are taken to follow each other, though a task waits for those only that it needs. `n_on_gpu`: how many local
    workers have a GPU; tasks that take one wait for these, and the others are taken to train beside them.
    """
    groups = defaultdict[tuple[int, bool], list[Sequence[Pack]]](list)
    for task in tasks:
        on_gpu = n_on_gpu > 0 and any(pack.may_use_gpus for pack in task)
        groups[max((pack.stage for pack in task), default=0), on_gpu].append(task)
    stages = defaultdict[int, float](float)
    for (stage, on_gpu), group in groups.items():
        seconds = _makespan_s(group, n_on_gpu) if on_gpu else _makespan_s(group, n_workers)
        stages[stage] = max(stages[stage], seconds)
    return sum(stages.values())


def _makespan_s(tasks: Sequence[Sequence[Pack]], n_workers: int) -> float:
    """The same of tasks of one stage; those that run share the cores that are free, where they can use them."""
    waiting, running, now = deque(map(_parts, tasks)), list[deque[tuple[float, int]]](), 0.0
    while waiting or running:
        while waiting and len(running) < n_workers:
            running.append(waiting.popleft())
        wanted = [max(cores for _, cores in parts) for parts in running]
        free = share(n_workers, wanted)
        paces = [min(free, parts[0][1]) for parts in running]
        step = min(parts[0][0] / pace for parts, pace in zip(running, paces, strict=True))
        now += step
        for parts, pace in zip(running, paces, strict=True):
            seconds, cores = parts.popleft()
            if seconds - step * pace > _MOMENT_S:
                parts.appendleft((seconds - step * pace, cores))
        running = [parts for parts in running if parts]
    return now


def _parts(task: Sequence[Pack]) -> deque[tuple[float, int]]:
    """Core seconds of a task in turn, and how many cores can do them at once."""
    parts = deque([(START_S, 1)])
    for pack in task:
        seconds, cores = parts[-1]
        if pack.specs[0].cores == cores:
            parts[-1] = seconds + pack.seconds, cores
        else:
            parts.append((pack.seconds, pack.specs[0].cores))
    return parts
