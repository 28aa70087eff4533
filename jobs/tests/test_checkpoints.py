"""Checkpoints are whole or not there."""

from pathlib import Path

import pytest
import torch

from jobs.checkpoints import Checkpoints

STATE = {"step": 3, "values": {"theta": torch.arange(1000.0)}}


def test_what_is_saved_is_loaded_and_named(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path)
    assert kept.load("p", ("a", "b")) is None
    kept.save("p", ("a", "b"), STATE)
    loaded = kept.load("p", ("a", "b"))
    assert loaded is not None
    assert torch.equal(loaded["values"]["theta"], STATE["values"]["theta"])  # type: ignore[index]
    assert kept.begun() == [["a", "b"]]
    kept.remove("p")
    assert kept.begun() == []
    assert not list((tmp_path / "checkpoints").iterdir())


@pytest.mark.parametrize("ids", [("b", "a"), ("a",)])
def test_a_checkpoint_of_other_runs_or_another_order_is_not_continued(tmp_path: Path, ids: tuple[str, ...]) -> None:
    kept = Checkpoints(tmp_path)
    kept.save("p", ("a", "b"), STATE)
    assert kept.load("p", ids) is None


@pytest.mark.parametrize("size", [0, 10, 500, 3000])
def test_a_truncated_checkpoint_is_no_checkpoint(tmp_path: Path, size: int) -> None:
    kept = Checkpoints(tmp_path)
    kept.save("p", ("a",), STATE)
    path = tmp_path / "checkpoints" / "p.pt"
    path.write_bytes(path.read_bytes()[:size])
    assert kept.load("p", ("a",)) is None


def test_a_failed_save_leaves_the_older_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Checkpoints(tmp_path)
    kept.save("p", ("a",), STATE)

    def full(_: object, stream: object) -> None:
        stream.write(b"half")  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="No space left"):
        kept.save("p", ("a",), {"step": 4, "values": {}})
    loaded = kept.load("p", ("a",))
    assert loaded is not None
    assert loaded["step"] == 3
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == ["p.pt", "p.runs"]
