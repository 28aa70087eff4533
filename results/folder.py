"""The output folder: where it is, whether it can be used, and who is using it."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from results.disk import flock

_PROBE_BYTES = 1 << 20
"""A folder that cannot take this much is no place for results."""


class FolderError(ValueError):
    """The output folder cannot be used; the message says why, and what would do."""


def output_folder(option: Path | None) -> Path:
    """The output folder: ``--out``, or else ``$HW1_OUT``, or else ``out`` here."""
    return (option or Path(os.environ.get("HW1_OUT") or "out")).expanduser().absolute()


def check_usable(out: Path) -> None:
    """Make the folder if it is not there, and see that files can be written in it.

    Raises:
        FolderError: If it is a file, is read-only, or its disk is full.
    """
    probe = out / f".probe-{socket.gethostname()}-{os.getpid()}"
    try:
        out.mkdir(mode=0o755, parents=True, exist_ok=True)  # whatever the umask lets a group write
        if not stat.S_IMODE(out.stat().st_mode) & 0o222 or not os.access(out, os.W_OK | os.X_OK):
            raise FolderError(f"output folder {out} is read-only: make it writable, or give another --out")
        with probe.open("wb") as file:
            file.write(os.urandom(_PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except (FileExistsError, NotADirectoryError):
        raise FolderError(f"output folder {out}: it, or one above it, is a file; give another --out") from None
    except OSError as error:
        raise FolderError(f"output folder {out} cannot be written: {error.strerror}; give another --out") from error
    finally:
        with suppress(OSError):
            probe.unlink()


@contextmanager
def lock(out: Path) -> Iterator[None]:
    """Be the only one who submits to this folder, or trains into it here, until the end of the block or of the process.

    Raises:
        FolderError: If another process is, which it names; or if the folder's disk refuses to lock.
    """
    path = out / "lock"
    with ExitStack() as stack:
        try:
            file = stack.enter_context(flock(path, wait=False))
        except BlockingIOError:
            who = path.read_text() or "another process"
            raise FolderError(
                f"{who} is training or submitting into {out}: wait for it, end it, or give another --out"
            ) from None
        except OSError as error:
            raise FolderError(f"output folder {out} cannot be locked: {error.strerror}; give another --out") from error
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}".encode())
        file.flush()
        yield
