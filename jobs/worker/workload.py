"""A task: packs that one worker trains, longest first."""

import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jobs.imports import load
from jobs.origin import Origin
from jobs.pack import PACK_S, Pack
from jobs.sweep import Device
from jobs.worker import provenance
from jobs.worker.leases import STALE_S
from jobs.worker.memory import keep_freed_memory
from jobs.worker.notices import Alarm
from jobs.worker.worker import UnfinishedError, Worker
from slurm.signals import stop_requested

WAIT_S = 600.0
"""Time that a worker with nothing else to do waits for packs of others, or for a disk that refuses leases."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """A task: packs to train one after the other. Picklable; calling it is all that a worker does."""

    out: Path
    packs: tuple[tuple[str, int, tuple[str, ...]], ...]
    """Study, threads, and the specs as canonical JSON."""
    origin: Origin
    device: Device
    code: provenance.Code
    lease_s: float = STALE_S
    """A worker that shows no life for this long has lost its pack."""
    wait_s: float = WAIT_S
    webhook: str = ""
    """Address that is told when a first run fails; empty: none."""

    @classmethod
    def of(  # noqa: PLR0913 - all by name but the packs
        cls,
        packs: list[Pack],
        *,
        out: Path,
        origin: Origin,
        device: Device,
        code: provenance.Code,
        webhook: str = "",
    ) -> "Work":
        """The task that trains these packs into an output folder."""
        texts = tuple((p.study, p.threads, tuple(spec.canonical() for spec in p.specs)) for p in packs)
        return cls(out=out, packs=texts, origin=origin, device=device, code=code, webhook=webhook)

    def __call__(self) -> None:
        """Train what is neither done nor failed; returns early where a stop was asked for, with checkpoints written.

        Packs that other workers train come last, and are left to them after a while.

        Raises:
            UnfinishedError: If packs are left to others, or what came of them could not be recorded.
        """
        keep_freed_memory()
        project = load(self.origin)
        packs = [Pack(study, threads, tuple(map(project.spec, texts))) for study, threads, texts in self.packs]
        worker = Worker(self.out, project, self.device, self.code, lease_s=self.lease_s)
        packs = joined(packs, worker.checkpoints.begun())
        alarm = Alarm(self.webhook, project.name, self.out, set(worker.commits.failed))
        while packs and not stop_requested():
            left = list[Pack]()
            for pack, held in _trained(worker, packs):
                left += [pack] * held
                alarm.look(worker.commits.failed)
            packs = left
            if packs:
                worker.wait(self.wait_s)
        if worker.errors:
            raise UnfinishedError("; ".join(worker.errors))


def joined(packs: Iterable[Pack], begun: Iterable[Sequence[str]]) -> list[Pack]:
    """The packs, but that those which have a checkpoint together are one, and come first."""
    waiting = {pack.run_ids: pack for pack in packs}
    together = []
    for run_ids in begun:
        alone = [(run_id,) for run_id in run_ids]
        if len(alone) > 1 and len(set(alone)) == len(alone) and waiting.keys() >= set(alone):
            together.append(_one([waiting.pop(ids) for ids in alone]))
    return [*together, *waiting.values()]


def _trained(worker: Worker, packs: Sequence[Pack]) -> Iterator[tuple[Pack, bool]]:
    """Each pack, and whether others have it; functions that take no time share packs, whatever was planned.

    A commit takes as long as they do: once it is seen how long a run takes, packs are as many as take two seconds, and
    at most four times as many as the last.
    """
    waiting, size = deque(packs), defaultdict[object, int](lambda: 1)
    while waiting:
        together = [waiting.popleft()]
        group = _group(together[0])
        while waiting and len(together) < size[group] and _group(waiting[0]) == group:
            together.append(waiting.popleft())
        pack = _one(together)
        new, began = bool(worker.pending(pack)), time.monotonic()
        held = worker.train(pack)
        if new and not held:
            worth_it = int(PACK_S * len(together) / (time.monotonic() - began))
            size[group] = min(4 * len(together), worth_it) if pack.specs[0].in_turn else 1
        yield pack, held


def _group(pack: Pack) -> object:
    return pack.study, pack.threads, pack.specs[0].group


def _one(packs: Sequence[Pack]) -> Pack:
    return replace(packs[0], specs=tuple(spec for pack in packs for spec in pack.specs))
