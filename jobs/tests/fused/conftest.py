"""One thread: what equal bits are claimed for, and faster on a busy machine. No speed is measured there."""

from pathlib import Path

import pytest
import torch

from jobs.fused import choice


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(choice, "pays", lambda _: 2.0)
