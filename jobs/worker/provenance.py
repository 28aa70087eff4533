"""Provenance of a run: machine, versions, commit."""

import functools
import os
import platform
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from results import processors


def now() -> str:
    """The time, ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def job() -> str:
    """This worker's job id: Slurm's, or the local process's."""
    array, index = os.environ.get("SLURM_ARRAY_JOB_ID"), os.environ.get("SLURM_ARRAY_TASK_ID")
    return f"{array}_{index}" if array else os.environ.get("SLURM_JOB_ID", f"local-{os.getpid()}")


def cluster() -> str:
    """The cluster whose job this is; empty outside of one."""
    return os.environ.get("SLURM_CLUSTER_NAME", "") if "SLURM_JOB_ID" in os.environ else ""


def host() -> str:
    """This machine, or the Slurm node it plays."""
    return os.environ.get("SLURMD_NODENAME", socket.gethostname())


@dataclass(frozen=True, kw_only=True, slots=True)
class Code:
    """A project's code, of which a run is trained."""

    commit: str
    """Of the repository that holds it; empty if none does."""
    dirty: bool | None
    """True if there were uncommitted changes."""


@functools.cache
def code(here: Path | None) -> Code:
    """The commit of the code in a folder: asked where a sweep is submitted, since a snapshot of it is no checkout."""
    git = shutil.which("git")
    if git is None or here is None:
        return Code(commit="", dirty=None)
    ask = [git, "-C", str(here)]
    name = subprocess.run([*ask, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S603 - git itself
    if name.returncode:
        return Code(commit="", dirty=None)
    changes = subprocess.run(  # noqa: S603 - git itself
        [*ask, "status", "--porcelain"], capture_output=True, text=True, check=False
    )
    return Code(commit=name.stdout.strip(), dirty=bool(changes.stdout.strip()))


def numerics(*, may_use_torch: bool = True) -> dict[str, str | None]:
    """Software versions and the CPU, which decide a run's rounding; columns of `runs`.

    Nothing is said of a package that this process has not imported, nor of torch where a run cannot have used it.
    """
    torch, numpy = sys.modules.get("torch") if may_use_torch else None, sys.modules.get("numpy")
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__) if torch is not None else None,
        "numpy": str(numpy.__version__) if numpy is not None else None,
        "cpu": processors.model(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability() if torch is not None else None,
    }
