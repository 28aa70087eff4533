"""Heartbeats, and that they give a pack to one worker at a time."""

import multiprocessing
import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from jobs import heartbeats
from jobs.heartbeats import Heartbeat, Heartbeats, born


def beat(*, pid: int, machine: str | None = None, pack_id: str = "a" * 16) -> Heartbeat:
    """The heartbeat of a process."""
    return Heartbeat(
        pack_id=pack_id,
        study="simulate",
        run_ids=["b" * 16],
        host="node1",
        job_id="1_0",
        machine=machine or socket.gethostname(),
        pid=pid,
        born=born(pid),
    )


def claim(out: Path, at: float) -> bool:
    """Take the pack in a process of its own; all begin at once."""
    while time.time() < at:
        pass
    taken = Heartbeats(out).claim(beat(pid=os.getpid())).taken
    time.sleep(1)
    return taken


def test_of_many_workers_that_claim_a_pack_at_once_one_has_it(tmp_path: Path) -> None:
    at = time.time() + 2
    with multiprocessing.get_context("spawn").Pool(8) as pool:
        assert sum(pool.starmap(claim, [(tmp_path, at)] * 8)) == 1


def test_a_dead_workers_pack_is_free_and_a_living_ones_is_not(tmp_path: Path) -> None:
    beats = Heartbeats(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        theirs = replace(beat(pid=other.pid), deaths=1)
        assert beats.claim(theirs).taken
        mine = beat(pid=os.getpid())
        refused = beats.claim(mine)
        assert (refused.taken, refused.before) == (False, theirs)
        assert not beats.is_mine(mine.pack_id)
        assert beats.read() == [theirs]
        other.kill()
    assert beats.read() == []
    taken = beats.claim(mine)
    assert (taken.taken, taken.before) == (True, theirs)
    assert beats.is_mine(mine.pack_id)


def test_a_worker_on_another_machine_is_dead_once_its_heartbeat_is_stale(tmp_path: Path) -> None:
    beats = Heartbeats(tmp_path)
    elsewhere = beat(pid=1, machine="elsewhere")
    assert beats.claim(elsewhere).taken
    assert not beats.claim(beat(pid=os.getpid())).taken
    old = time.time() - heartbeats.STALE_S - 1
    os.utime(tmp_path / "heartbeats" / f"{elsewhere.pack_id}.json", (old, old))
    assert beats.read() == []
    assert beats.claim(beat(pid=os.getpid())).before == elsewhere


def test_a_heartbeat_is_touched_while_it_is_kept_and_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats, mine = Heartbeats(tmp_path), beat(pid=os.getpid())
    path = tmp_path / "heartbeats" / f"{mine.pack_id}.json"
    assert beats.claim(mine).taken
    os.utime(path, (0, 0))
    monkeypatch.setattr(heartbeats, "KEEP_S", 0.05)
    with beats.kept(mine.pack_id):
        time.sleep(0.3)
        assert path.stat().st_mtime > 0
    assert not path.exists()


def test_a_heartbeat_that_another_worker_has_taken_over_is_left_to_it(tmp_path: Path) -> None:
    beats, mine = Heartbeats(tmp_path), beat(pid=os.getpid())
    with beats.kept(mine.pack_id):
        beats.write(beat(pid=1, machine="elsewhere"))
    assert [each.machine for each in beats.read()] == ["elsewhere"]


def test_a_disk_that_refuses_gives_nobody_the_pack(tmp_path: Path) -> None:
    (tmp_path / "heartbeats").write_text("")
    assert Heartbeats(tmp_path).claim(beat(pid=os.getpid())) == heartbeats.Claim(taken=False)
