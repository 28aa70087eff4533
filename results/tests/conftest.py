"""Disks that are fast, full and read-only."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a machine that loses its power shows whether `fsync` was called; one test looks at the calls."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB; root can mount one, so as root it never skips."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs takes root; CI runs as root")
    folder = tmp_path / "small"
    folder.mkdir()
    _root("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder)
    try:
        yield folder
    finally:
        _root("umount", "-l", folder)


@pytest.fixture
def read_only_disk(small_disk: Path) -> Path:
    """A file system that takes no files."""
    _root("mount", "-o", "remount,ro", small_disk)
    return small_disk


def _root(*command: str | Path) -> None:
    subprocess.run(command, check=True)
