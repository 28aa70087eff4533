"""Another user of this machine, for tests that are run by root."""

import os
import subprocess
from pathlib import Path

import pytest

NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users: `sudo make test`")

MALLORY, PROJECT = 54321, 54322
"""A user whom the system has never heard of, and the group of a project."""


def as_mallory(command: str, cwd: Path) -> int:
    """Exit code of a shell command of another user, who is in the project's group."""
    done = subprocess.run(
        ["sh", "-c", f"umask 0; {command}"],
        check=False,
        user=MALLORY,
        group=PROJECT,
        extra_groups=[PROJECT],
        cwd=cwd,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
    )
    return done.returncode
