"""Heartbeats: one small file a pack in progress, that says how far it is and whose it is."""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path

STALE_S = 120.0
"""A heartbeat older than this is of a worker that is gone or cannot reach the folder."""

KEEP_S = 5.0
"""A worker touches its heartbeat this often, also while it has nothing new to say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Heartbeat:
    """Where a pack stands, and the worker that it belongs to."""

    pack_id: str
    study: str
    run_ids: Sequence[str]
    host: str
    """The machine, or the Slurm node it plays."""
    job_id: str
    machine: str
    pid: int
    born: int
    """When the process began, in clock ticks since its machine did: a pid alone is used again."""
    deaths: int = 0
    """How many workers have died while they trained the pack, of memory or of kill -9."""
    unit: str = ""
    step: int = 0
    n_steps: int = 0
    fraction: float = 0.0
    seconds_left: float | None = None

    @property
    def where(self) -> str:
        """How far it is, for people."""
        return f"{self.unit} {self.step} of {self.n_steps}" if self.n_steps else "starting"

    @property
    def is_mine(self) -> bool:
        """Whether it is this process's."""
        return (self.machine, self.pid, self.born) == (socket.gethostname(), os.getpid(), born(os.getpid()))


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """Whether a pack was taken, and the heartbeat of who had it before, or has it still."""

    taken: bool
    before: Heartbeat | None = None


class Heartbeats:
    """The heartbeats of one output folder.

    A pack's heartbeat is also its lease: who has made the file trains the pack, and nobody else does while that
    worker lives. On its own machine a worker lives as its process does; elsewhere, as long as it touches the file.
    """

    def __init__(self, out: Path) -> None:
        """Nothing is made until something is written."""
        self.folder = out / "heartbeats"

    def claim(self, heartbeat: Heartbeat) -> Claim:
        """Take the pack if it is free, or if the worker that has it is dead; nothing happens if the disk refuses."""
        path, partial = self._path(heartbeat.pack_id), self._partial(heartbeat.pack_id)
        aside = partial.with_suffix(".dead")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            partial.write_text(_text(heartbeat))
            if _linked(partial, path):
                return Claim(taken=True)
            age = partial.stat().st_mtime - path.stat().st_mtime  # both by the file server's clock
            before = _read(path)
            if before is not None and not before.is_mine and _lives(before, age):
                return Claim(taken=False, before=before)
            path.rename(aside)  # of several that try, one can
            return Claim(taken=_linked(partial, path), before=before)
        except OSError:
            return Claim(taken=False)
        finally:
            for left in (partial, aside):
                with suppress(OSError):
                    left.unlink()

    def write(self, heartbeat: Heartbeat) -> None:
        """Replace the pack's heartbeat. A full disk is no reason to stop training: the old one then goes stale."""
        partial = self._partial(heartbeat.pack_id)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            partial.write_text(_text(heartbeat))
            partial.replace(self._path(heartbeat.pack_id))
        except OSError:
            partial.unlink(missing_ok=True)

    @contextmanager
    def kept(self, pack_id: str) -> Iterator[None]:
        """Touch the heartbeat until the block ends, then remove it: nobody has the pack any more."""
        ended = threading.Event()

        def touch() -> None:
            while not ended.wait(KEEP_S):
                with suppress(OSError):
                    os.utime(self._path(pack_id))

        thread = threading.Thread(target=touch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            if self.is_mine(pack_id):
                self._path(pack_id).unlink(missing_ok=True)

    def is_free(self, pack_id: str) -> bool:
        """Whether no living worker has the pack, as far as can be told from here."""
        try:
            age, beat = time.time() - self._path(pack_id).stat().st_mtime, _read(self._path(pack_id))
        except OSError:
            return True
        return beat is None or not _lives(beat, age)

    def is_mine(self, pack_id: str) -> bool:
        """Whether the pack is still this process's, and not taken over by one that took it for dead."""
        found = _read(self._path(pack_id))
        return found is not None and found.is_mine

    def read(self) -> list[Heartbeat]:
        """All of workers that live, as far as can be told from here."""
        found = []
        for path in sorted(self.folder.glob("*.json")):
            with suppress(OSError):  # removed meanwhile
                age, beat = time.time() - path.stat().st_mtime, _read(path)
                if beat is not None and _lives(beat, age):
                    found.append(beat)
        return found

    def _path(self, pack_id: str) -> Path:
        return self.folder / f"{pack_id}.json"

    def _partial(self, pack_id: str) -> Path:
        return self.folder / f".{pack_id}.{socket.gethostname()}.{os.getpid()}.partial"


def born(pid: int) -> int:
    """When a process of this machine began, in clock ticks since the machine did; 0 if it is over, or no one knows."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return 0
    return 0 if state in {"Z", "X"} else int(fields[18])


def _linked(partial: Path, path: Path) -> bool:
    """Give the file its name, unless there is one of that name."""
    try:
        os.link(partial, path)
    except FileExistsError:
        return False
    return True


def _lives(beat: Heartbeat, age_s: float) -> bool:
    if beat.machine == socket.gethostname() and beat.born:
        return born(beat.pid) == beat.born
    return age_s < STALE_S


def _text(beat: Heartbeat) -> str:
    return json.dumps({field.name: getattr(beat, field.name) for field in fields(beat)})


def _read(path: Path) -> Heartbeat | None:
    """A heartbeat; None if it is not there, or another version's."""
    try:
        return Heartbeat(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
