"""Commands of `hw1`, each in a forked process that has everything imported already, with a time limit."""

import gc
import importlib
import os
import pkgutil
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOMS = ("hw1", "jobs", "slurm", "results", "analysis")
_LEFT_OUT = {"tests", "bench", "devcluster", "fused", "__main__"}
_POLL_S = 0.002


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a process ended, and what it printed."""

    code: int | None
    """None: it was still running at the limit, and was killed. Negative: a signal ended it."""
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.0


def unmeasured() -> dict[str, str]:
    """An environment in which coverage notes nothing: what points are drawn is not to decide on what is covered."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}


def preload(rooms: Collection[str] = ROOMS) -> None:
    """Import every module of some rooms, on one thread, so that a forked process has nothing left to import.

    `hw1` alone imports torch, without `jobs.fused`, which makes a fork four times as long.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ARROW_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ["MPLBACKEND"] = "agg"
    for room in rooms:
        package = importlib.import_module(room)
        for module in pkgutil.walk_packages(package.__path__, f"{room}."):
            if not _LEFT_OUT.intersection(module.name.split(".")):
                importlib.import_module(module.name)
    gc.collect()
    gc.freeze()


def forked(call: Callable[[], object], *, into: Path, limit_s: float) -> Ended:
    """Run a call in a process of its own, the leader of a session; what it starts is killed with it at the limit."""
    began = time.monotonic()
    pid = fork(call, into=into)
    code = _waited(pid, began + limit_s)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    return said(into, code=code, seconds=time.monotonic() - began)


def fork(call: Callable[[], object], *, into: Path) -> int:
    """Begin a call in a process of its own, whose output goes to two files; its pid."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if not pid:
        _be_child(call, into)
    return pid


def said(into: Path, *, code: int | None, seconds: float) -> Ended:
    """How a process ended that was begun with `fork`."""
    texts = [(into / name).read_text(encoding="utf-8", errors="backslashreplace") for name in ("stdout", "stderr")]
    return Ended(code=code, stdout=texts[0], stderr=texts[1], seconds=seconds)


def hw1(arguments: Sequence[str], *, into: Path, limit_s: float) -> Ended:
    """Type a command of `hw1`."""
    return forked(lambda: type_here(arguments), into=into, limit_s=limit_s)


def type_here(arguments: Sequence[str]) -> None:
    """Turn this process into a command."""
    from jobs.cli.app import main  # noqa: PLC0415 - imported before the fork

    sys.argv = ["hw1", *arguments]
    main()


def _waited(pid: int, late: float) -> int | None:
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > late:
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return None
        time.sleep(_POLL_S)


def _be_child(call: Callable[[], object], into: Path) -> NoReturn:
    code = 1
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(into / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
        call()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
    except BaseException:  # noqa: BLE001 - what Python itself would do with it
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
