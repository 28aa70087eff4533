"""Errors of a store."""

from pathlib import Path
from typing import NamedTuple


class StoreError(RuntimeError):
    """The store cannot be read or written; the message names the file and the remedy."""


class UnreadableError(OSError):
    """A small file cannot be read whole; the message names it and says why."""

    def __init__(self, path: Path, reason: str) -> None:
        """Say which file, and why."""
        super().__init__(f"cannot read {path}: {reason}")
        self.path = path
        self.reason = reason


class UnsafeFolderError(ValueError):
    """A folder that code is run from could be written by other users; the message says the remedy."""


class SchemaError(StoreError):
    """The store was written with other tables than this version knows."""


class DamagedError(StoreError):
    """A file of the store is truncated, altered, or lacks one that belongs to it.

    ``seen`` is which file that was, so that its successor under the same name is not taken for it.
    """

    def __init__(self, path: Path, reason: str, seen: "Identity | None") -> None:
        """Say which file, and why."""
        super().__init__(f"{path} is damaged: {reason}")
        self.path = path
        self.reason = reason
        self.seen = seen


class Identity(NamedTuple):
    """Inode and time that tell a file from another one that takes its name."""

    inode: int
    modified_ns: int


def identity(path: Path) -> Identity | None:
    """Which file has this name now, or None."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return Identity(found.st_ino, found.st_mtime_ns)
