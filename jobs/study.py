"""Studies: what is asked, and the runs that answer it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.spec import Spec

if TYPE_CHECKING:
    import pyarrow as pa

    from analysis.claims.statement import Claim
    from analysis.figure import Figure

    Told = Callable[[pa.Table, pa.ChunkedArray], pa.ChunkedArray]
    """Tells which rows are of selected runs, by their columns and the canonical text of each row's run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """A name, what it asks, and its specs; the rest has defaults."""

    name: str
    specs: Callable[[str, Sequence[int] | None], Iterable[Spec]]
    """Of a preset and seeds; None for the seeds that the study itself declares."""
    kinds: tuple[type[Spec], ...]
    """Classes of its specs, by which a worker reads them again."""
    title: str = ""
    section: str = ""
    """Number in the report that it belongs to."""
    presets: tuple[str, ...] | None = None
    """Presets that have it where no study is named; None for all of them."""
    threads: int = 1
    """Threads a run of this study trains with: part of what equal bits are claimed for."""
    gpus: int | None = None
    """GPUs of a job that trains it; None for as many as the profile gives."""
    memory_gb: float | None = None
    """GiB of memory that a job that trains it needs; None for what the profile gives."""
    members: "Callable[..., Told | None] | None" = None
    """Makes of a sweep what tells stored rows of its runs by their columns; without it, the sweep is enumerated."""
    after: "tuple[Study, ...]" = ()
    """Studies whose results its runs load: what `Spec.needs` gives are runs of these."""
    figures: "tuple[Figure, ...]" = ()
    """Of its section on the project's page; default ones where it declares none."""
    claims: "tuple[Claim, ...]" = ()
    """Of its section: what is judged by its runs."""

    @property
    def may_use_gpus(self) -> bool:
        """True unless it asks for none."""
        return self.gpus != 0

    @property
    def needs_torch(self) -> bool:
        """True if a worker imports torch for one of its kinds; of others no device is recorded but the CPU."""
        return any(kind.needs_torch for kind in self.kinds)

    @property
    def stage(self) -> int:
        """0 if it needs no other study, else one more than the last that it needs."""
        return 1 + max(study.stage for study in self.after) if self.after else 0

    def is_in(self, preset: str) -> bool:
        """True if the preset has it where no study is named."""
        return self.presets is None or preset in self.presets
