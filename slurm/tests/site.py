"""Stand-ins for Slurm's clients, to say what a site's may say."""

import stat
from pathlib import Path


def program(path: Path, *lines: str) -> Path:
    """A shell script that can be called."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/bash", *lines, ""]))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path
