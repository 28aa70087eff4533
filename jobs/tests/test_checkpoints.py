"""Checkpoints are whole or not there."""

import os
from pathlib import Path
from typing import Any

import pytest
import torch

from jobs.worker.checkpoints import Checkpoints

STATE = {"step": 3, "values": {"theta": torch.arange(100.0)}}


def is_state(loaded: dict[str, Any] | None) -> bool:
    assert loaded is not None
    return loaded.keys() == STATE.keys() and torch.equal(loaded["values"]["theta"], STATE["values"]["theta"])  # type: ignore[index]


def saved(out: Path, run_ids: tuple[str, ...] = ("a", "b")) -> tuple[Checkpoints, Path]:
    kept = Checkpoints(out)
    kept.save("p", run_ids, STATE)
    return kept, out / "checkpoints" / "p.pt"


def test_what_is_saved_is_loaded_and_named(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path).load("p", ("a", "b")) is None
    kept, _ = saved(tmp_path)
    assert is_state(kept.load("p", ("a", "b")))
    assert kept.begun() == [("a", "b")]
    kept.remove("p")
    assert kept.begun() == []
    assert not list((tmp_path / "checkpoints").iterdir())


@pytest.mark.parametrize("ids", [("b", "a"), ("a",), ("a", "b", "c")])
def test_a_checkpoint_of_other_runs_or_another_order_is_not_continued(tmp_path: Path, ids: tuple[str, ...]) -> None:
    kept, _ = saved(tmp_path)
    told: list[str] = []
    assert kept.load("p", ids, told.append) is None
    assert "it is of other runs" in told[0]


@pytest.mark.parametrize("state", [STATE, {"kept": b"a pickle"}])
def test_a_checkpoint_that_others_may_have_written_is_not_continued_in_whatever_form(
    tmp_path: Path, state: dict[str, Any]
) -> None:
    kept, path = Checkpoints(tmp_path), tmp_path / "checkpoints" / "p.pt"
    kept.save("p", ("a",), state)
    assert path.stat().st_mode & 0o777 == 0o600
    for mode in (0o620, 0o602):
        told: list[str] = []
        path.chmod(mode)
        assert kept.load("p", ("a",), told.append) is None
        assert "others may have written it" in told[0]
    path.chmod(0o600)
    assert kept.load("p", ("a",)) is not None
    if not os.geteuid():
        os.chown(path, 65534, -1)
        assert kept.load("p", ("a",)) is None


def test_a_checkpoint_that_is_another_packs_is_not_continued(tmp_path: Path) -> None:
    kept, path = saved(tmp_path)
    path.rename(path.with_name("q.pt"))
    assert kept.load("q", ("a", "b")) is None


def test_a_checkpoint_with_any_bit_flipped_is_no_checkpoint(tmp_path: Path) -> None:
    kept, path = saved(tmp_path)
    whole, wrong = path.read_bytes(), []
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << (place % 8)
        path.write_bytes(flipped)
        told: list[str] = []
        if kept.load("p", ("a", "b"), told.append) is not None or not told:
            wrong.append(place)
    assert not wrong
    assert len(whole) > 1500


def test_every_bit_of_the_header_counts(tmp_path: Path) -> None:
    kept, path = saved(tmp_path)
    whole = path.read_bytes()
    for place in range(whole.index(b"\n") + 1):
        for bit in range(8):
            flipped = bytearray(whole)
            flipped[place] ^= 1 << bit
            path.write_bytes(flipped)
            assert kept.load("p", ("a", "b")) is None
            assert all(len(ids) for ids in kept.begun())


def test_a_checkpoint_cut_anywhere_or_too_long_is_no_checkpoint(tmp_path: Path) -> None:
    kept, path = saved(tmp_path)
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        assert kept.load("p", ("a", "b")) is None
        assert kept.begun() == []
    path.write_bytes(whole + b"\0")
    assert kept.load("p", ("a", "b")) is None


def test_a_checkpoint_of_an_older_version_is_none_and_is_said(tmp_path: Path) -> None:
    path = tmp_path / "checkpoints" / "p.pt"
    path.parent.mkdir()
    torch.save({"run_ids": ["a", "b"], **STATE}, path)
    told: list[str] = []
    assert Checkpoints(tmp_path).load("p", ("a", "b"), told.append) is None
    reason = "it does not begin as this version's checkpoints do"
    assert told == [f"checkpoint {path} is not whole ({reason}): starting the pack from the beginning"]
    assert Checkpoints(tmp_path).begun() == []


def folder(path: Path) -> None:
    path.mkdir()


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def link(path: Path) -> None:
    """Anyone could have put it there."""
    elsewhere = path.parent.parent / "elsewhere"
    Checkpoints(elsewhere).save("p", ("a", "b"), STATE)
    path.symlink_to(elsewhere / "checkpoints" / "p.pt")


def fifo(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("planted", [folder, loop, link, fifo])
def test_what_is_no_plain_file_is_no_checkpoint_and_does_not_keep_a_pack_from_ending(
    tmp_path: Path, planted: Any
) -> None:
    (tmp_path / "checkpoints").mkdir()
    planted(tmp_path / "checkpoints" / "p.pt")
    kept, told = Checkpoints(tmp_path), list[str]()
    assert kept.load("p", ("a", "b"), told.append) is None
    assert len(told) == 1
    assert kept.begun() == []
    kept.remove("p")


def test_files_whose_names_begin_with_a_dot_are_nobodys(tmp_path: Path) -> None:
    kept, path = saved(tmp_path)
    path.rename(path.with_name("._p.pt"))
    assert kept.begun() == []


def test_a_failed_save_leaves_the_older_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, path = saved(tmp_path)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        kept.save("p", ("a", "b"), {"step": 4, "values": {}})
    assert is_state(kept.load("p", ("a", "b")))
    assert list(path.parent.iterdir()) == [path]


def test_a_disk_that_refuses_to_say_whether_a_pack_is_split_stops_no_training(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.split("a" * 16)
    assert checkpoints.is_split("a" * 16)
    assert not checkpoints.is_split("a" * 300)  # File name too long
