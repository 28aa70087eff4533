"""Letting the ordinary user reach the interpreter and the source, wherever they lie."""

import sys
from collections.abc import Iterable
from pathlib import Path

from slurm.devcluster.commands import output
from slurm.devcluster.layout import PERMISSIONS, USER, Layout

_CHECKOUT = Path(__file__).parents[2]


def grant(layout: Layout) -> None:
    """Let the user pass through the folders above the interpreter, its packages, the checkout and the cluster.

    They may not list them. What the permissions were is kept for ``revoke``.
    """
    for folder in _closed((sys.prefix, sys.base_prefix, _CHECKOUT, layout.root)):
        before = output("getfacl", "--absolute-names", str(folder))
        if f"user:{USER}:" not in before:
            with PERMISSIONS.open("a") as file:
                file.write(before)
            output("setfacl", "--modify", f"user:{USER}:x", str(folder))


def revoke() -> None:
    """Give the folders back the permissions they had. No other cluster of this machine may need them."""
    if PERMISSIONS.exists():
        output("setfacl", f"--restore={PERMISSIONS}")
        PERMISSIONS.unlink()


def _closed(paths: Iterable[str | Path]) -> list[Path]:
    """The folders above the paths, and above what they link to, that are not open to all."""
    ends = [end for path in paths for end in (Path(path).absolute(), Path(path).resolve())]
    folders = {folder for end in ends for folder in (end, *end.parents)}
    return sorted(folder for folder in folders if not folder.stat().st_mode & 0o001)
