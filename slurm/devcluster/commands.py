"""Commands that must succeed, and conditions that must come true."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping

_N_LINES = 8
_POLL_S = 0.05


class DevclusterError(RuntimeError):
    """The cluster could not do what was asked; the message says why and, where there is one, the remedy."""


def require_root() -> None:
    """Refuse everybody else.

    Raises:
        DevclusterError: For another user.
    """
    if os.geteuid() != 0:
        raise DevclusterError("only root can do this: the daemons start jobs as other users")


def output(*command: str, environment: Mapping[str, str] | None = None, timeout_s: float = 60) -> str:
    """Output of the command.

    Raises:
        DevclusterError: If it fails, is missing or takes too long.
    """
    try:
        result = subprocess.run(  # noqa: S603 - the package's own commands
            command,
            env=environment,
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DevclusterError(f"{command[0]}: {error}") from error
    if result.returncode:
        raise DevclusterError(f"`{' '.join(command)}` failed: {last_lines(result.stderr or result.stdout)}")
    return result.stdout


def wait(condition: Callable[[], bool], *, timeout_s: float, failure: Callable[[], str]) -> None:
    """Return once the condition holds.

    Raises:
        DevclusterError: With the text of the failure, if it does not within the time.
    """
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            raise DevclusterError(failure())
        time.sleep(_POLL_S)


def last_lines(text: str) -> str:
    """The end of a text."""
    return "\n".join(text.splitlines()[-_N_LINES:])
