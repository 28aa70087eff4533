"""Files that appear whole or not at all, and locks that end with their process."""

import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from results.errors import StoreError

GONE = frozenset({errno.ENOENT, errno.ESTALE})
"""How the system says that a file was removed or replaced meanwhile; the second is NFS, of a file that was open."""

TEMPORARY = ".tmp"
"""Suffix of files that are not there yet."""


class Batch:
    """Files that are written under temporary names and then renamed, in the order in which they were written.

    Everything is on the disk before the first rename, and each rename is before the next begins, so the last file can
    vouch for the others: a crash leaves either all of them or a set without the last. A context manager: on leaving
    it, what was not published is removed.
    """

    def __init__(self) -> None:
        """Begin with nothing written."""
        self._written: list[tuple[Path, Path]] = []

    @contextmanager
    def file(self, path: Path) -> Iterator[BinaryIO]:
        """A file to write, in the folder of ``path``, flushed to the disk on leaving."""
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{TEMPORARY}")
        self._written.append((temporary, path))
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())

    def publish(self) -> None:
        """Give every file its name."""
        for temporary, path in self._written:
            temporary.replace(path)
            sync_folder(path.parent)
        self._written.clear()

    def __enter__(self) -> Self:
        """Nothing to do."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Remove what was not published.

        Raises:
            StoreError: If the disk refused: it is full, read-only or failing. A file that is gone is for the caller:
                what was being read may have been compacted.
        """
        for temporary, _ in self._written:
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno not in {None, *GONE}:
            raise unwritable(self._written[-1][1] if self._written else None, error) from error


def unwritable(path: Path | None, error: OSError) -> StoreError:
    """What to tell when the disk refuses to take a file."""
    kept = "nothing half-written is left, what was committed before is kept"
    return StoreError(f"cannot write {path or error.filename}: {error.strerror}; {kept}")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a crash of the machine."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def flock(path: Path, *, wait: bool) -> Iterator[BinaryIO]:
    """Hold a file's lock, which the system releases when this process ends, however it ends.

    Raises:
        BlockingIOError: If another process holds it and ``wait`` is false.
    """
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield file
