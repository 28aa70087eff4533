"""Heartbeats: one small file a pack in progress, that says how far it is."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

STALE_S = 120.0
"""A heartbeat older than this is of a worker that is gone or cannot reach the folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Heartbeat:
    """Where a pack stands."""

    pack_id: str
    study: str
    run_ids: Sequence[str]
    unit: str
    step: int
    n_steps: int
    fraction: float
    seconds_left: float | None
    host: str
    job_id: str
    written: float
    """Seconds since the epoch."""

    @property
    def is_fresh(self) -> bool:
        """Whether its worker was alive moments ago."""
        return time.time() - self.written < STALE_S


class Heartbeats:
    """The heartbeats of one output folder."""

    def __init__(self, out: Path) -> None:
        """Nothing is made until something is written."""
        self.folder = out / "heartbeats"

    def write(self, heartbeat: Heartbeat) -> None:
        """Replace the pack's heartbeat. A full disk is no reason to stop training: the old one then goes stale."""
        path = self.folder / f"{heartbeat.pack_id}.json"
        partial = path.with_suffix(f".{os.getpid()}.partial")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            partial.write_text(json.dumps(asdict(heartbeat)))
            partial.replace(path)
        except OSError:
            partial.unlink(missing_ok=True)

    def remove(self, pack_id: str) -> None:
        """The pack is in progress no more."""
        (self.folder / f"{pack_id}.json").unlink(missing_ok=True)

    def read(self) -> list[Heartbeat]:
        """All that are fresh."""
        found = []
        for path in sorted(self.folder.glob("*.json")):
            try:
                found.append(Heartbeat(**json.loads(path.read_text())))
            except (OSError, ValueError, TypeError):  # removed meanwhile, or another version's
                continue
        return [heartbeat for heartbeat in found if heartbeat.is_fresh]
