"""The output folder's own folders: which there are, and who writes in them."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Workspace:
    """Every path directly below an output folder; what lies in one of them is the business of whoever writes there."""

    out: Path

    @property
    def lock(self) -> Path:
        """Locked by whoever submits."""
        return self.out / "lock"

    @property
    def store(self) -> Path:
        """Results of the runs that are done, see `results.layout`."""
        return self.out / "store"

    @property
    def report(self) -> Path:
        """The page and its figures."""
        return self.out / "report"

    @property
    def checkpoints(self) -> Path:
        """Of packs that have begun."""
        return self.out / "checkpoints"

    @property
    def heartbeats(self) -> Path:
        """Heartbeats: how far packs are."""
        return self.out / "heartbeats"

    @property
    def leases(self) -> Path:
        """Leases: workers' rights to packs."""
        return self.out / "leases"

    @property
    def logs(self) -> Path:
        """Of packs."""
        return self.out / "logs"

    @property
    def estimates(self) -> Path:
        """Estimated times of packs."""
        return self.out / "estimates"

    @property
    def submissions(self) -> Path:
        """Submissions to Slurm."""
        return self.out / "submissions"

    @property
    def code(self) -> Path:
        """Snapshots of the code that jobs run."""
        return self.out / "code"

    @property
    def local(self) -> Path:
        """Tasks and logs of local workers."""
        return self.out / "local"

    @property
    def kept(self) -> tuple[Path, ...]:
        """Paths that only the runner writes: all but the report, which may be drawn again."""
        return self.lock, self.store, self.estimates, *self.of_workers, *self.of_code

    @property
    def of_workers(self) -> tuple[Path, ...]:
        """Folders that workers write into, besides the store; one that cannot write waits: full disks are emptied."""
        return self.checkpoints, self.heartbeats, self.leases, self.logs

    @property
    def of_code(self) -> tuple[Path, ...]:
        """Folders that code is run from: what lies there is unpickled or imported, here or on a node."""
        return self.submissions, self.code, self.local
