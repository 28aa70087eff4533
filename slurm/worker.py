"""Code that runs in a worker's process, around the task's call."""

import atexit
import faulthandler
import os
import pickle
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from slurm import lifeline, signals


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """Outcome of the call."""

    stopped: bool = False
    error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Worker:
    """The call, pickled, and how to behave while it runs.

    The worker leads a session and a process group of its own, so that a Ctrl-C in the terminal reaches the parent
    alone, and that everything the call starts can be killed with it. The call is unpickled late: what it imports, it
    imports when signals are taken care of already.
    """

    call: bytes
    lifeline: Path
    grace_s: float
    safe_path: str | None = None
    """`$PYTHONSAFEPATH` as the user has it: what the call starts is to have it too, and not this process's own."""

    def __call__(self) -> Report:
        """Make the call; whatever it raises is in the report and on stderr."""
        try:
            self._restore_environment()
            atexit.register(_leave)
            signals.listen()
            faulthandler.enable()
            lifeline.obey(self.lifeline, grace_s=self.grace_s)
            call = pickle.loads(self.call)  # noqa: S301 - our parent wrote it
            if signals.stop_requested():
                return Report(stopped=True)
            call()
        except BaseException as error:  # noqa: BLE001 - SystemExit too must not end a worker without a word
            print(text := "".join(traceback.format_exception(error)), file=sys.stderr, end="")  # noqa: T201 - its log
            return Report(error=text)
        return Report(stopped=signals.stop_heard())

    def _restore_environment(self) -> None:
        """Let a user's script import what lies beside it."""
        os.environ.pop("PYTHONSAFEPATH", None)
        if self.safe_path is not None:
            os.environ["PYTHONSAFEPATH"] = self.safe_path


def _leave() -> NoReturn:
    """End the process once everything is written; to take an interpreter with torch in it apart takes half a second."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
