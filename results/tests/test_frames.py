"""Frames hold what `runs` vouches for."""

from pathlib import Path

import numpy as np

from hw1.tables import DECLARED, TABLES
from results.frames import load
from results.tests import packs
from results.tests.stores import Store


def test_frames_hold_the_vouched_rows_with_lists_as_arrays(tmp_path: Path) -> None:
    ids, store = packs.run_ids(6), Store(tmp_path)
    store.write("p", packs.pack(ids[:3]))
    store.write("q", packs.pack(ids[2:]))
    frames = load(tmp_path)
    assert list(frames["runs"]["run_id"]) == sorted(ids)
    assert not frames["curves"].duplicated(["run_id", "step"]).any()
    weights = frames["snapshots"].set_index(["run_id", "epoch"])["weights"]
    assert weights[ids[3], 1].dtype == np.float32
    assert weights[ids[3], 1].tolist() == [0.5] * 3


def test_without_a_store_every_frame_is_empty_and_has_its_columns(tmp_path: Path) -> None:
    frames = load(tmp_path / "nowhere", DECLARED)
    assert {name: list(frame.columns) for name, frame in frames.items()} == {
        name: [column.name for column in columns] for name, columns in TABLES.items()
    }
    assert all(frame.empty for frame in frames.values())
