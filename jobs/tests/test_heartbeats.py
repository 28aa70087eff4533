"""Heartbeats say which packs are trained, by whom, and how far they are."""

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from jobs.worker.heartbeats import Heartbeat, Heartbeats
from jobs.worker.holder import born, me
from jobs.worker.leases import STALE_S

BEAT = Heartbeat(pack_id="a" * 16, study="simulate", run_ids=["b" * 16], **asdict(me()))


def test_what_is_written_is_read_until_it_is_removed(tmp_path: Path) -> None:
    beats, beat = Heartbeats(tmp_path), replace(BEAT, step=3, n_steps=5, unit="epoch", seconds_left=2.5)
    assert beats.read() == []
    beats.write(BEAT)
    beats.write(beat)
    assert beats.read() == [beat]
    assert beat.where == "epoch 3 of 5"
    beats.remove(BEAT.pack_id)
    assert not list((tmp_path / "heartbeats").iterdir())


def test_the_heartbeat_of_a_dead_worker_is_not_read(tmp_path: Path) -> None:
    beats = Heartbeats(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        beats.write(replace(BEAT, pid=other.pid, born=born(other.pid)))
        assert len(beats.read()) == 1
        other.kill()
    assert beats.read() == []


def test_a_worker_on_another_machine_is_dead_once_its_heartbeat_is_stale(tmp_path: Path) -> None:
    beats = Heartbeats(tmp_path)
    beats.write(replace(BEAT, machine="elsewhere"))
    assert len(beats.read()) == 1
    old = time.time() - STALE_S - 1
    os.utime(beats.path(BEAT.pack_id), (old, old))
    assert beats.read() == []


def test_the_heartbeat_of_another_worker_is_left_to_it(tmp_path: Path) -> None:
    beats, theirs = Heartbeats(tmp_path), replace(BEAT, machine="elsewhere")
    beats.write(theirs)
    beats.announce(replace(BEAT, unit="waiting"))
    beats.remove(BEAT.pack_id)
    assert beats.read() == [theirs]


def test_what_a_worker_waits_for_is_where_it_is(tmp_path: Path) -> None:
    beats = Heartbeats(tmp_path)
    beats.announce(replace(BEAT, unit="waiting for job 3 on node1"))
    assert [beat.where for beat in beats.read()] == ["waiting for job 3 on node1"]


GOOD = asdict(BEAT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "3",
        "[" * 100_000,
        json.dumps({**GOOD, "pid": "../self"}),
        json.dumps({**GOOD, "run_ids": 3}),
        json.dumps({**GOOD, "run_ids": [3]}),
        json.dumps({**GOOD, "fraction": float("nan")}),
        json.dumps({**GOOD, "seconds_left": float("inf")}),
        json.dumps({**GOOD, "step": None}),
        json.dumps({**GOOD, "n_steps": True}),
        json.dumps({name: value for name, value in GOOD.items() if name != "pid"}),
    ],
    ids=range(13),  # the texts hold this process's number, which pytest-xdist's processes do not share
)
def test_what_is_no_heartbeat_is_left_out(text: str, tmp_path: Path) -> None:
    beats = Heartbeats(tmp_path)
    beats.write(replace(BEAT, pack_id="b" * 16))
    (tmp_path / "heartbeats" / "a.json").write_text(text)
    (tmp_path / "heartbeats" / "._c.json").write_text(json.dumps(GOOD))
    assert [beat.pack_id for beat in beats.read()] == ["b" * 16]


@pytest.mark.parametrize(
    "make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to(path), lambda path: path.touch(0)]
)
def test_what_is_no_plain_file_is_left_out(make: Any, tmp_path: Path) -> None:
    beats = Heartbeats(tmp_path)
    (tmp_path / "heartbeats").mkdir()
    make(beats.path(BEAT.pack_id))
    assert beats.read() == []
    beats.remove(BEAT.pack_id)
    beats.write(BEAT)


def test_a_folder_that_is_none_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "heartbeats").write_text("")
    beats = Heartbeats(tmp_path)
    beats.write(BEAT)
    beats.remove(BEAT.pack_id)
    assert beats.read() == []


def test_fields_of_a_later_version_are_left_out(tmp_path: Path) -> None:
    beats = Heartbeats(tmp_path)
    beats.write(BEAT)
    beats.path(BEAT.pack_id).write_text(json.dumps({**GOOD, "later": 1}))
    assert beats.read() == [BEAT]
