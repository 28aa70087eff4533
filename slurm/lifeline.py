"""The lifeline: a lock by which workers learn that they should stop, or that their parent is dead."""

import fcntl
import os
import signal
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from results.access import private_opener
from results.folder import FolderError
from slurm.signals import request_stop


class Lifeline:
    """A lock that the parent holds for as long as its workers may go on.

    Letting go of it asks all of them to stop. The system does that when the parent dies, even of kill -9, at once and
    without anyone polling; a worker that is only just starting hears of it too.
    """

    def __init__(self, path: Path) -> None:
        """Take the lock of a new file.

        Raises:
            FolderError: If the disk refuses, or its file system has no locks.
        """
        with ExitStack() as opened:
            try:
                self._file = opened.enter_context(open(path, "xb", opener=private_opener))
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise FolderError(f"{path} cannot be locked: {error.strerror}; give another --out") from error
            opened.pop_all()  # it stays open as long as the workers run

    def let_go(self) -> None:
        """Ask every worker to stop."""
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._file.close()


def obey(lifeline: Path, *, grace_s: float) -> None:
    """In a worker that leads its process group: take letting go of the lifeline as a stop request.

    If the process is still there ``grace_s`` later, it and its group are killed: nothing may outlive the parent.
    """
    if not _is_held(lifeline):
        request_stop()
    threading.Thread(target=_obey, args=(lifeline, grace_s), daemon=True).start()


def signal_group(pid: int, number: int = signal.SIGKILL) -> None:
    """Send a process and everything in its group a signal, if there is any of it left."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _obey(lifeline: Path, grace_s: float) -> None:
    with suppress(OSError), lifeline.open("rb") as file:  # a parent whose lifeline cannot be seen counts as dead
        fcntl.flock(file, fcntl.LOCK_SH)
    request_stop()
    time.sleep(grace_s)
    signal_group(os.getpid())


def _is_held(lifeline: Path) -> bool:
    try:
        with lifeline.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
