"""Processes of a test, found by a mark in their environment."""

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from slurm.tests.waiting import eventually

Survivors = Callable[[], dict[int, str]]

_ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def survivors(monkeypatch: pytest.MonkeyPatch) -> Iterator[Survivors]:
    """What this test has started and still runs; at the test's end nothing may."""
    mark = f"SLURM_TEST_MARK={uuid.uuid4()}"
    monkeypatch.setenv(*mark.split("="))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(_ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep))

    def alive() -> dict[int, str]:
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark.encode() in (process / "environ").read_bytes():
                    found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ")
        return found

    yield alive
    if not eventually(lambda: not alive()):
        left = alive()
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        pytest.fail(f"these survived: {left}")
