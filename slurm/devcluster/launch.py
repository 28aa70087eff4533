"""Starts daemons of any kind."""

import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from slurm.devcluster import processes
from slurm.devcluster.commands import DevclusterError, last_lines, require_root, wait
from slurm.devcluster.layout import Layout

_START_S = 60.0
_FORK_S = 0.1
_LISTEN = "0A"


def launch(  # noqa: PLR0913 - all but the first three by name
    layout: Layout,
    daemon: str,
    command: list[str],
    *,
    environment: Mapping[str, str],
    port: int | None = None,
    is_ready: Callable[[], bool] | None = None,
    user: str | None = None,
) -> None:
    """Start a daemon that goes to the background by itself, unless it runs, and wait until it is ready.

    Args:
        layout: The cluster's.
        daemon: Its name.
        command: What starts it.
        environment: What it runs in.
        port: Where it will listen; it must be free.
        is_ready: Whether it is of use, if listening is not enough.
        user: Who runs it, if not root.

    Raises:
        DevclusterError: If it ends, or is not ready in time; with the end of its logs.
    """
    require_root()
    if processes.of_daemon(layout, daemon):
        return
    if port and listens(port):
        raise DevclusterError(
            f"{daemon} cannot start: its port {port} is taken, perhaps by a cluster with another root"
        )
    path = layout.logs / f"{daemon}.out"
    with path.open("wb") as out:
        code = subprocess.run(  # noqa: S603 - the package's own commands
            command,
            env={**environment, **processes.mark(layout, daemon)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            umask=0o022,
            check=False,
        ).returncode

    def failure() -> str:
        texts = [each.read_text(errors="replace") for each in (path, layout.log(daemon)) if each.exists()]
        return "\n".join([f"{daemon} did not start:", *(last_lines(text) for text in texts if text)])

    def is_started() -> bool:
        if code or _is_gone(layout, daemon):
            raise DevclusterError(failure())
        return (port is None or listens(port)) and (is_ready is None or is_ready())

    wait(is_started, timeout_s=_START_S, failure=failure)


def listens(port: int) -> bool:
    """True if anybody listens there; connecting to find out would leave an error in a daemon's log."""
    sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(address.endswith(f":{port:04X}") and state == _LISTEN for _, address, _, state, *_ in sockets)


def _is_gone(layout: Layout, daemon: str) -> bool:
    """True if it is, looking twice: one look can miss a process that is just forking into the background."""
    if processes.of_daemon(layout, daemon):
        return False
    time.sleep(_FORK_S)
    return not processes.of_daemon(layout, daemon)
