"""Heartbeats, and that they give a pack to one worker at a time."""

import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
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


CLAIMS = """
import os, sys
from pathlib import Path
from jobs.heartbeats import Heartbeats
from jobs.tests.test_heartbeats import beat
print("ready", flush=True)
sys.stdin.readline()
print(Heartbeats(Path(sys.argv[1])).claim(beat(pid=os.getpid())).taken, flush=True)
sys.stdin.readline()
"""


def test_of_many_workers_that_claim_a_pack_at_once_one_has_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CLAIMS, str(tmp_path)]
    with ExitStack() as stack:
        workers = [
            stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            for _ in range(8)
        ]

        def say(worker: subprocess.Popen[str]) -> str:
            assert worker.stdout is not None
            return worker.stdout.readline().strip()

        def go(worker: subprocess.Popen[str]) -> None:
            assert worker.stdin is not None
            worker.stdin.write("\n")
            worker.stdin.flush()

        assert [say(worker) for worker in workers] == ["ready"] * 8
        for worker in workers:
            go(worker)
        assert sorted(say(worker) for worker in workers) == ["False"] * 7 + ["True"]


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
