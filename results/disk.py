"""Files that appear whole or not at all, and locks that end with their process."""

import errno
import fcntl
import os
import secrets
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from results.access import private_opener
from results.errors import StoreError, UnreadableError

GONE = frozenset({errno.ENOENT, errno.ESTALE})
"""Errors that say that a file was removed or replaced meanwhile; the second is NFS, of a file that was open."""

TEMPORARY = ".tmp"
"""Suffix of files that are not there yet."""

_NO_LOCKS = frozenset({errno.EOPNOTSUPP, errno.ENOLCK, errno.ENOSYS, errno.EINVAL})
_POLL_S = 0.05

SMALL_BYTES = 1 << 28
"""No file that is read whole has more: the ledger of a million runs is a tenth of it."""


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
        with temporary.open("xb") as file:  # nothing that lies there is followed or overwritten
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
            with suppress(OSError):  # collecting removes it a day later
                temporary.unlink()
        if isinstance(error, OSError) and error.errno not in {None, *GONE}:
            raise unwritable(self._written[-1][1] if self._written else None, error) from error


def unwritable(path: Path | None, error: OSError) -> StoreError:
    """Message for a disk that refuses to take a file."""
    kept = "nothing half-written is left, what was committed before is kept"
    return StoreError(f"cannot write {path or error.filename}: {error.strerror or error}; {kept}")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a crash of the machine."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")


@contextmanager
def flock(
    path: Path, *, wait_s: float = 0.0, silent_s: float = 1.0, say: Callable[[str], None] = _to_stderr
) -> Iterator[FileIO]:
    """Hold a file's lock, which the system releases when this process ends, however it ends.

    Follows no link, and neither empties nor writes the file, which may lie in a folder that others can write.

    Args:
        path: The file, made if it is not there.
        wait_s: How long to wait while another process holds the lock.
        silent_s: After this long a line says what is being waited for.
        say: Where that line goes.

    Raises:
        BlockingIOError: If another process holds it all the time.
        OSError: If the file is none of ours to lock, or its file system cannot lock.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        handle = os.open(path, flags, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "the lock is a link: remove it", str(path)) from error
        raise
    with FileIO(handle, "r+") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
            raise OSError(errno.EINVAL, "the lock is no file of its own: remove it", str(path))
        _lock(file, path, wait_s=wait_s, silent_s=silent_s, say=say)
        yield file


def _lock(file: FileIO, path: Path, *, wait_s: float, silent_s: float, say: Callable[[str], None]) -> None:
    began, said = time.monotonic(), False
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waited = time.monotonic() - began
            if waited >= wait_s:
                raise
            if waited >= silent_s and not said:
                say(f"waiting for another process that holds {path}, for {wait_s:.0f} s at most")
                said = True
            time.sleep(min(_POLL_S, wait_s))
        except OSError as error:
            if error.errno in _NO_LOCKS:
                text = "its file system has no locks (flock): use a folder on one that has"
                raise OSError(error.errno, text, str(path)) from error
            raise
        else:
            return


def write_whole(path: Path, content: bytes | str, *, private: bool = False, lasting: bool = True) -> None:
    """Write a file that has its name whole or not at all, also after a crash of the machine.

    Temporary file in the same folder, flush, fsync, rename, fsync of the folder. The temporary file is created
    exclusively, so nothing that lies there already is followed or overwritten.

    Args:
        path: The file; its folder is there.
        content: Text is written as UTF-8.
        private: Only the owner may read and write the file, whatever the umask; else the umask decides.
        lasting: If false, nothing is waited for, and the file may be empty or missing after a crash of the machine.

    Raises:
        OSError: If the disk refuses; what was there before is kept, and nothing is left beside it.
    """
    temporary = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}{TEMPORARY}")
    data = content.encode() if isinstance(content, str) else content
    try:
        with open(temporary, "xb", opener=private_opener if private else None) as file:
            file.write(data)
            file.flush()
            if lasting:
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    if lasting:
        sync_folder(path.parent)


@contextmanager
def plain_file(path: Path) -> Iterator[BinaryIO]:
    """A plain file, opened to be read; never waits for a FIFO or a device and follows no link.

    Raises:
        FileNotFoundError: If there is none.
        UnreadableError: If it is no plain file, or the system refuses to read it.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = "it is a link" if error.errno == errno.ELOOP else error.strerror or type(error).__name__
        raise UnreadableError(path, reason) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise UnreadableError(path, "it is not a plain file")
    try:
        with os.fdopen(handle, "rb") as file:
            yield file
    except OSError as error:
        raise UnreadableError(path, error.strerror or type(error).__name__) from error


def read_small(path: Path, *, limit: int = SMALL_BYTES) -> bytes:
    """Read a small file whole, as `plain_file` opens it.

    Raises:
        FileNotFoundError: If there is none.
        UnreadableError: If it cannot be read, or is larger than ``limit`` bytes.
    """
    with plain_file(path) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise UnreadableError(path, f"it has more than {limit} bytes")
    return data


def read_text(path: Path, *, limit: int = SMALL_BYTES) -> str:
    """Read a small UTF-8 file whole, as `read_small` does.

    Raises:
        FileNotFoundError: If there is none.
        UnreadableError: If it cannot be read, or is not UTF-8.
    """
    try:
        return read_small(path, limit=limit).decode()
    except UnicodeDecodeError as error:
        raise UnreadableError(path, "it is not UTF-8") from error
