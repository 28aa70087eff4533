"""Packs: runs of one shape that one call trains."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

from jobs.spec import Spec

PACK_S = 2.0
"""Packs of shorter runs are as many as take this long: long against the files of a commit."""


@dataclass(frozen=True)
class Pack:
    """Runs of one shape and schedule, trained by one call."""

    study: str
    threads: int
    specs: tuple[Spec, ...]
    gpus: int | None = None
    """GPUs that its study asks for; None for as many as there are for a worker."""
    needs_gb: float | None = None
    """GiB of memory that its study says a worker needs; None where it does not say."""
    stage: int = 0
    """Packs of later stages may need the runs of earlier ones; see `Study.stage`."""
    pace: float = 1.0
    """Seconds that such packs took, over those that their arithmetic lets expect."""
    peak_gb: float | None = None
    """Peak memory of workers that trained such packs, in GiB, where that is known."""

    @property
    def may_use_gpus(self) -> bool:
        """True unless its study asks for none."""
        return self.gpus != 0

    @cached_property
    def run_ids(self) -> tuple[str, ...]:
        """Its runs, in order."""
        return tuple(spec.run_id for spec in self.specs)

    @cached_property
    def pack_id(self) -> str:
        """16 hex digits from its runs, whatever their order."""
        return hashlib.sha256(" ".join(sorted(self.run_ids)).encode()).hexdigest()[:16]

    @property
    def seconds(self) -> float:
        """Estimated time on one core."""
        return self.pace * self.specs[0].seconds(self.specs)

    @property
    def memory_gb(self) -> float:
        """Peak memory of its worker, in GiB: what its study says, else as it was before, else estimated."""
        if self.needs_gb is not None:
            return self.needs_gb
        return self.specs[0].memory_gb(self.specs) if self.peak_gb is None else self.peak_gb


def halves(pack: Pack) -> tuple[Pack, Pack]:
    """The pack's first and second half, for a pack of two runs or more."""
    middle = len(pack.specs) // 2
    return replace(pack, specs=pack.specs[:middle]), replace(pack, specs=pack.specs[middle:])
