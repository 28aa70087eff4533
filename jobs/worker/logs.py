"""A text log for every pack, found again by any of its runs."""

import os
import stat
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self, TextIO

from jobs.worker import provenance
from results.access import make_folder
from results.disk import plain_file
from results.errors import UnreadableError
from results.workspace import Workspace

if TYPE_CHECKING:
    from jobs.pack import Pack

PROGRESS_EVERY_S = 10.0
_HEAD_BYTES = 1 << 24


class Log:
    """Appends to `<out>/logs/<pack_id>.log`, whose first line names the runs; the entries are printed too.

    So the log of a task tells of all its packs, beside what they print themselves.
    """

    def __init__(self, out: Path, pack: "Pack") -> None:
        """Open when entered."""
        self.path = Workspace(out).logs / f"{pack.pack_id}.log"
        self.pack = pack
        self._file: TextIO
        self._progress = time.monotonic()

    def __enter__(self) -> Self:
        """Open, and head a new log with its runs."""
        try:
            make_folder(self.path.parent, below=self.path.parent.parent)
            self._file = _appended(self.path)
            if not os.fstat(self._file.fileno()).st_size:
                self._file.write(f"runs: {' '.join(self.pack.run_ids)}\n")
        except OSError:  # a full disk, or something else of that name, is no reason to stop training
            self._file = Path(os.devnull).open("a", buffering=1)
        self.write(f"{self.pack.study}: {len(self.pack.specs)} run(s), job {provenance.job()} on {provenance.host()}")
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        with suppress(OSError):
            self._file.close()

    def write(self, text: str) -> None:
        """One dated entry."""
        entry = f"{provenance.now()} {text.rstrip()}".encode(errors="backslashreplace").decode()
        with suppress(OSError):  # a full disk is no reason to stop training
            self._file.write(f"{entry}\n")
        with suppress(OSError, ValueError):  # nor is a closed output
            print(entry, file=sys.__stdout__, flush=True)

    def progress(self, text: str, seconds_left: float | None) -> None:
        """An entry every ten seconds at most."""
        if time.monotonic() - self._progress > PROGRESS_EVERY_S:
            self._progress = time.monotonic()
            self.write(text if seconds_left is None else f"{text}, about {seconds_left:.0f} s left")


def runs(out: Path) -> set[str]:
    """The runs that have a log."""
    return {run_id for path in _logs(out) for run_id in _head(path)}


def logs_of(out: Path, run_id: str) -> list[Path]:
    """The logs of every pack that the run was in, oldest first."""
    return sorted((path for path in _logs(out) if run_id in _head(path)), key=lambda path: path.lstat().st_mtime)


def _logs(out: Path) -> Iterator[Path]:
    return Workspace(out).logs.glob("[!.]*.log")


def _head(path: Path) -> list[str]:
    """The runs that a log names in its first line; none where something else has its name."""
    try:
        with plain_file(path) as file:
            return file.readline(_HEAD_BYTES).decode(errors="replace").split()[1:]
    except OSError:
        return []


def _appended(path: Path) -> TextIO:
    """A plain file to append to; no link is followed, and no FIFO waited for.

    Raises:
        OSError: If something else has the name, or the disk refuses.
    """
    file = open(path, "a", buffering=1, encoding="utf-8", errors="backslashreplace", opener=_opened)  # noqa: SIM115 - the caller closes it
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise UnreadableError(path, "it is not a plain file")
    return file


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)


def lines(path: Path) -> Iterator[str]:
    """The lines of a log.

    Raises:
        UnreadableError: If it is no plain file.
    """
    with plain_file(path) as file:
        for line in file:
            yield line.decode(errors="replace").rstrip("\n")


def follow(paths: Callable[[], Sequence[Path]], ended: Callable[[], bool], *, poll_s: float = 0.5) -> Iterator[str]:
    """The lines of logs, and those that are yet to come, until what writes them has ended.

    Args:
        paths: The logs; asked again and again, as new ones may begin.
        ended: True once nothing more will be written.
        poll_s: Time between looks.

    Raises:
        UnreadableError: If one is no plain file.
    """
    with ExitStack() as stack:
        files: dict[Path, tuple[BinaryIO, bytearray]] = {}
        while True:
            is_last = ended()
            for path in paths():
                if path not in files:
                    files[path] = stack.enter_context(plain_file(path)), bytearray()
            for file, begun in files.values():
                yield from _whole_lines(file, begun, is_last=is_last)
            if is_last:
                return
            time.sleep(poll_s)


def _whole_lines(file: BinaryIO, begun: bytearray, *, is_last: bool) -> Iterator[str]:
    """Lines that have ended by now; `begun` keeps the one that has not, unless it is the last."""
    while line := file.readline():
        begun += line
        if line.endswith(b"\n"):
            yield begun.decode(errors="replace").rstrip("\n")
            begun.clear()
    if is_last and begun:
        yield begun.decode(errors="replace")
