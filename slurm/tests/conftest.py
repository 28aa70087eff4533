"""Processes of a test, found by a mark in their environment."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slurm.tests.waiting import eventually

_ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def survivors(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[str]]]:
    """What this test has started and still runs; at the test's end nothing may."""
    mark = f"SLURM_TEST_MARK={uuid.uuid4()}"
    monkeypatch.setenv(*mark.split("="))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(_ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep))

    def alive() -> list[str]:
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark.encode() in (process / "environ").read_bytes():
                    found.append(process.name + " " + (process / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
        return found

    yield alive
    assert eventually(lambda: not alive()), f"survived: {alive()}"
