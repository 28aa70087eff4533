"""A text log for every pack, found again by any of its runs."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Self, TextIO

from jobs import provenance

if TYPE_CHECKING:
    from jobs.pack import Pack

PROGRESS_EVERY_S = 10.0


class Log:
    """Appends to `<out>/logs/<pack_id>.log`, whose first line names the runs."""

    def __init__(self, out: Path, pack: "Pack") -> None:
        """Open when entered."""
        self.path = out / "logs" / f"{pack.pack_id}.log"
        self.pack = pack
        self._file: TextIO
        self._progress = time.monotonic()

    def __enter__(self) -> Self:
        """Open, and head a new log with its runs."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = not self.path.exists()
        self._file = self.path.open("a", buffering=1, encoding="utf-8")
        if new:
            self._file.write(f"runs: {' '.join(self.pack.run_ids)}\n")
        self.write(f"{self.pack.study}: {len(self.pack.specs)} run(s), job {provenance.job()} on {provenance.host()}")
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self._file.close()

    def write(self, text: str) -> None:
        """One dated entry."""
        self._file.write(f"{provenance.now()} {text.rstrip()}\n")

    def progress(self, text: str, seconds_left: float | None) -> None:
        """An entry every ten seconds at most."""
        if time.monotonic() - self._progress > PROGRESS_EVERY_S:
            self._progress = time.monotonic()
            self.write(text if seconds_left is None else f"{text}, about {seconds_left:.0f} s left")


def logs_of(out: Path, run_id: str) -> list[Path]:
    """The logs of every pack that the run was in, oldest first; a prefix of the id will do."""
    found = [path for path in (out / "logs").glob("*.log") if _names(path, run_id)]
    return sorted(found, key=lambda path: path.stat().st_mtime)


def _names(path: Path, run_id: str) -> bool:
    with path.open(encoding="utf-8") as file:
        return any(name.startswith(run_id) for name in file.readline().split()[1:])


def follow(path: Path, *, poll_s: float = 0.5) -> Iterator[str]:
    """The lines of a log, and those that are yet to come."""
    with path.open(encoding="utf-8") as file:
        while True:
            line = file.readline()
            if line:
                yield line.rstrip("\n")
            else:
                time.sleep(poll_s)
