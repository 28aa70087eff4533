"""A task: packs that one worker trains, longest first."""

from dataclasses import dataclass
from pathlib import Path

from jobs.imports import load
from jobs.origin import Origin
from jobs.pack import Pack
from jobs.sweep import Device
from jobs.worker import provenance
from jobs.worker.leases import STALE_S
from jobs.worker.memory import keep_freed_memory
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

    @classmethod
    def of(cls, packs: list[Pack], *, out: Path, origin: Origin, device: Device, code: provenance.Code) -> "Work":
        """The task that trains these packs into an output folder."""
        texts = tuple((p.study, p.threads, tuple(spec.canonical() for spec in p.specs)) for p in packs)
        return cls(out=out, packs=texts, origin=origin, device=device, code=code)

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
        while packs and not stop_requested():
            packs = [pack for pack in packs if worker.train(pack)]
            if packs:
                worker.wait(self.wait_s)
        if worker.errors:
            raise UnfinishedError("; ".join(worker.errors))
