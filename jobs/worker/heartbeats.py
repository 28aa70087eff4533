"""Heartbeats: one small file a pack in progress, that says how far it is and who trains it."""

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from jobs.worker.holder import Holder
from jobs.worker.leases import STALE_S
from jobs.worker.records import parsed
from results.access import make_folder
from results.disk import read_text, write_whole
from results.workspace import Workspace

_SUFFIX = ".json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Heartbeat(Holder):
    """The progress of a pack, and the worker that trains it."""

    pack_id: str
    study: str
    run_ids: Sequence[str]
    unit: str = ""
    """The unit of progress; before any, the thing that the worker waits for."""
    step: int = 0
    n_steps: int = 0
    fraction: float = 0.0
    seconds_left: float | None = None

    @property
    def where(self) -> str:
        """Progress in words."""
        return f"{self.unit} {self.step} of {self.n_steps}" if self.n_steps else self.unit or "starting"


class Heartbeats:
    """The heartbeats of one output folder. They only tell: whose a pack is, its lease decides."""

    def __init__(self, out: Path) -> None:
        """Nothing is made until something is written."""
        self.folder = Workspace(out).heartbeats

    def write(self, heartbeat: Heartbeat) -> None:
        """Replace the pack's heartbeat. A full disk is no reason to stop training: the old one then goes stale."""
        with suppress(OSError):
            make_folder(self.folder, below=self.folder.parent)
            write_whole(self.path(heartbeat.pack_id), json.dumps(asdict(heartbeat)), lasting=False)

    def announce(self, heartbeat: Heartbeat) -> None:
        """Write the heartbeat of a worker that waits for a pack, unless the one that trains it has one."""
        beat = self._read(self.path(heartbeat.pack_id))
        if beat is None or beat.is_me:
            self.write(heartbeat)

    def remove(self, pack_id: str) -> None:
        """Forget a pack that this process no longer trains, unless another worker does by now."""
        beat = self._read(self.path(pack_id))
        if beat is None or beat.is_me:
            with suppress(OSError):
                self.path(pack_id).unlink()

    def read(self) -> list[Heartbeat]:
        """All of workers that live, as far as can be told from here; files that are no heartbeats are left out."""
        try:
            paths = sorted(self.folder.iterdir())
        except OSError:
            return []
        beats = (self._read(path) for path in paths if path.suffix == _SUFFIX and not path.name.startswith("."))
        return [beat for beat in beats if beat is not None and not beat.has_ended]

    def path(self, pack_id: str) -> Path:
        """A pack's heartbeat."""
        return self.folder / f"{pack_id}{_SUFFIX}"

    def _read(self, path: Path) -> Heartbeat | None:
        """A heartbeat; None if it is not there, is stale, is no heartbeat, or another version's."""
        try:
            age_s, text = time.time() - path.stat().st_mtime, read_text(path)
        except OSError:
            return None
        return parsed(Heartbeat, text) if age_s < STALE_S else None
