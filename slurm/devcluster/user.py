"""The ordinary user, and commands that run as it."""

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from slurm.devcluster.commands import output, require_root
from slurm.devcluster.layout import USER, Layout

_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"


def create() -> None:
    """Make it if there is none; it and its home outlive the cluster."""
    try:
        pwd.getpwnam(USER)
    except KeyError:
        output("useradd", "--create-home", "--shell", "/bin/bash", USER)


def environment(layout: Layout) -> dict[str, str]:
    """All that its commands know of the caller: where Slurm is, and this very Python first on the path."""
    return {
        "PATH": f"{Path(sys.executable).parent}:{layout.programs}:{_PATH}",
        "HOME": pwd.getpwnam(USER).pw_dir,
        "USER": USER,
        "LOGNAME": USER,
        "LC_ALL": "C.UTF-8",
        "SLURM_CONF": str(layout.configuration),
    }


def start(command: Sequence[str], *, environment: Mapping[str, str], cwd: Path | None) -> subprocess.Popen[str]:
    """Start a command as the user, in a process group of its own, with its output in pipes."""
    require_root()
    entry = pwd.getpwnam(USER)
    return subprocess.Popen(  # noqa: S603 - the caller's command, with fewer rights than the caller's
        command,
        env=environment,
        cwd=cwd,
        user=entry.pw_uid,
        group=entry.pw_gid,
        extra_groups=[],
        umask=0o022,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(
    command: Sequence[str], *, environment: Mapping[str, str], cwd: Path | None, timeout_s: float
) -> subprocess.CompletedProcess[str]:
    """Run a command as the user, whatever its exit code.

    Raises:
        subprocess.TimeoutExpired: If it takes longer. Its process group is then dead, and so its pipes are closed.
    """
    process = start(command, environment=environment, cwd=cwd)
    try:
        stdout, stderr = process.communicate(timeout=timeout_s)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def become(command: list[str], *, environment: Mapping[str, str]) -> None:
    """Turn this process into the command, run by the user: signals, terminal and exit code are its own."""
    require_root()
    entry = pwd.getpwnam(USER)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    os.umask(0o022)
    os.execvpe(command[0], command, environment)  # noqa: S606 - as above
