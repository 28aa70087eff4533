"""Hostnames of the nodes' own, so that a cluster on one machine looks like several hosts."""

import os
from pathlib import Path

from slurm.devcluster.commands import DevclusterError, output
from slurm.devcluster.layout import Layout

HOSTS = Path("/etc/hosts")


def separable() -> bool:
    """True where a node can have a hostname of its own: in a UTS namespace, and in ``/etc/hosts``."""
    try:
        output("unshare", "--uts", "true")
    except DevclusterError:
        return False
    return os.access(HOSTS, os.W_OK)


def renamed(hostname: str, command: list[str]) -> list[str]:
    """The command, run where this is the machine's name."""
    return ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', hostname, *command]


def announce(layout: Layout, hostnames: list[str], *, file: Path = HOSTS) -> None:
    """Let the names be found: srun listens at the address of its machine's name."""
    lines = [f"127.0.0.1 {name} {_mark(layout)}\n" for name in hostnames]
    if set(lines) != set(_own(layout, file)):  # else others, who may be reading, are left alone
        _rewrite(file, [*_others(layout, file), *lines])


def withdraw(layout: Layout, *, file: Path = HOSTS) -> None:
    """Take the cluster's names out again."""
    _rewrite(file, _others(layout, file))


def _mark(layout: Layout) -> str:
    return f"# {layout.root}"


def _own(layout: Layout, file: Path) -> list[str]:
    return [line for line in file.read_text().splitlines(keepends=True) if line.endswith(f"{_mark(layout)}\n")]


def _others(layout: Layout, file: Path) -> list[str]:
    own = _own(layout, file)
    return [line for line in file.read_text().splitlines(keepends=True) if line not in own]


def _rewrite(file: Path, lines: list[str]) -> None:
    """Write in place: in a container the file is a mount, which cannot be replaced."""
    text = "".join(lines)
    if text != file.read_text():
        file.write_text(text)
