"""The output folder: where it is, whether it can be used, and who is using it."""

import os
import secrets
import socket
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from results.disk import flock, read_text
from results.workspace import Workspace

_PROBE_BYTES = 1 << 20
"""A folder that cannot take this much is no place for results."""


class FolderError(ValueError):
    """The output folder cannot be used; the message says why, and what would do."""


def output_folder(option: Path | None) -> Path:
    """The output folder: ``--out``, or else ``$HW1_OUT``, or else ``out`` here.

    Raises:
        FolderError: If it is there and cannot be looked into, or its name is none that can be.
    """
    named = os.environ.get("HW1_OUT", "out")
    if option is None and not named.strip():
        raise FolderError("`$HW1_OUT` is empty: unset it, or give it or --out a folder")
    given = option or Path(named)
    try:
        out = given.expanduser().absolute()
    except RuntimeError:
        raise FolderError(f"output folder {given}: this user has no home folder; give --out a whole path") from None
    except OSError as error:
        reason = f"the current folder is gone ({error.strerror})"
        raise FolderError(f"output folder {given}: {reason}; give --out a whole path") from None
    try:
        os.stat(f"{out}/.")  # noqa: PTH116 - `Path` drops the point, which asks for the right to enter
    except FileNotFoundError:
        return out
    except NotADirectoryError:
        raise FolderError(_is_file(out)) from None
    except OSError as error:
        raise FolderError(f"output folder {out} cannot be entered: {error.strerror}; give another --out") from None
    if not os.access(out, os.R_OK):
        raise FolderError(f"output folder {out} cannot be read: make it readable, or give another --out")
    return out


def check_usable(out: Path) -> None:
    """Make the folder if it is not there, and see that files can be written in it.

    Raises:
        FolderError: If it is a file, is read-only, its disk is full, or its name cannot be handed to Python and Slurm.
    """
    if ":" in str(out) or not str(out).isprintable():
        raise FolderError(
            f"output folder {ascii(str(out))[1:-1]}: a ':' or a control character in its name would break PYTHONPATH, "
            "by which jobs find their code; give another --out"
        )
    if "%j" in str(out):
        raise FolderError(f"output folder {out}: submitit would put a number for '%j' in its name; give another --out")
    probe = out / f".probe-{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        out.mkdir(mode=0o755, parents=True, exist_ok=True)  # whatever the umask lets a group write
        if not stat.S_IMODE(out.stat().st_mode) & 0o222 or not os.access(out, os.W_OK | os.X_OK):
            raise FolderError(f"output folder {out} is read-only: make it writable, or give another --out")
        with probe.open("xb") as file:
            file.write(os.urandom(_PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except (FileExistsError, NotADirectoryError):
        raise FolderError(_is_file(out)) from None
    except OSError as error:
        raise FolderError(f"output folder {out} cannot be written: {error.strerror}; give another --out") from error
    finally:
        with suppress(OSError):
            probe.unlink()


def check_apart(option: str, path: Path, *outs: Path | None) -> None:
    """See that what a user asks for is not written over what the runner keeps in these output folders.

    Raises:
        FolderError: If it would be.
    """
    place = Path(os.path.realpath(path))  # `resolve` raises where links loop
    for out in outs:
        for kept in Workspace(out).kept if out is not None else ():
            if Path(os.path.realpath(kept)) in {place, *place.parents}:
                raise FolderError(
                    f"`{option}` {path} would lie in {kept}, where the runner keeps its own: give another"
                )


@contextmanager
def lock(out: Path) -> Iterator[None]:
    """Be the only one who submits to this folder, or trains into it here, until the end of the block or of the process.

    Raises:
        FolderError: If another process is, which it names; or if the folder's disk refuses to lock.
    """
    path = Workspace(out).lock
    with ExitStack() as stack:
        try:
            file = stack.enter_context(flock(path))
        except BlockingIOError:
            raise FolderError(
                f"{_holder(path)} is training or submitting into {out}: wait for it, end it, or give another --out"
            ) from None
        except OSError as error:
            raise FolderError(f"output folder {out} cannot be locked: {error.strerror}; give another --out") from error
        if os.fstat(file.fileno()).st_uid == os.geteuid():  # another user's file is locked, never written
            file.truncate(0)
            file.write(f"process {os.getpid()} on {socket.gethostname()}".encode())
        yield


def _holder(path: Path) -> str:
    try:
        text = read_text(path, limit=1000)
    except OSError:
        text = ""
    return text if text.isprintable() and text else "another process"


def _is_file(out: Path) -> str:
    return f"output folder {out}: it, or one above it, is a file; give another --out"
