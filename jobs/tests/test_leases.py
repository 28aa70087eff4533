"""A pack belongs to one worker at a time, by a number that only one can make."""

import os
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.worker.holder import Holder, born, me
from jobs.worker.leases import STALE_S, Lease, Leases, LostLeaseError, _Chain

PACK = "a" * 16
ELSEWHERE = replace(me(), machine="elsewhere", pid=1, born=1)


def files(out: Path) -> list[str]:
    return sorted(path.name for path in (out / "leases").iterdir())


def claimed(out: Path, holder: Holder | None = None, *, stale_s: float = STALE_S) -> Lease:
    lease = Leases(out, stale_s=stale_s).claim(PACK, lambda _: holder or me()).lease
    assert lease is not None
    return lease


def grow_old(out: Path) -> None:
    for path in (out / "leases").iterdir():
        os.utime(path, (0, 0), follow_symlinks=False)


CLAIMS = """
import os, sys
from pathlib import Path
from jobs.worker.leases import Leases
print("ready", flush=True)
for line in sys.stdin:
    print(Leases(Path(line.strip())).claim("a" * 16).lease is not None, flush=True)
"""


@pytest.mark.parametrize("before", ["nobody", "dead", "stale"])
def test_of_many_workers_that_claim_a_pack_at_once_one_has_it(before: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        command = [sys.executable, "-c", CLAIMS]
        workers = [
            stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            for _ in range(6)
        ]
        assert [worker.stdout.readline() for worker in workers if worker.stdout] == ["ready\n"] * 6
        for n in range(50):
            out = tmp_path / str(n)
            if before != "nobody":
                claimed(out, ELSEWHERE if before == "stale" else replace(me(), pid=2**22 + 1, born=1))
                grow_old(out)
            for worker in workers:
                assert worker.stdin is not None
                worker.stdin.write(f"{out}\n")
                worker.stdin.flush()
            assert sorted(worker.stdout.readline() for worker in workers if worker.stdout) == ["False\n"] * 5 + [
                "True\n"
            ]


def test_a_dead_workers_pack_is_free_and_a_living_ones_is_not(tmp_path: Path) -> None:
    leases = Leases(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        theirs = replace(me(), pid=other.pid, born=born(other.pid), deaths=1)
        claimed(tmp_path, theirs)
        refused = leases.claim(PACK)
        assert (refused.lease, refused.before) == (None, theirs)
        assert not leases.is_free(PACK)
        other.kill()
    assert leases.is_free(PACK)
    taken = leases.claim(PACK, lambda before: replace(me(), deaths=before.deaths + 1 if before else 0))
    assert (taken.before, taken.is_takeover) == (theirs, True)
    assert taken.lease is not None
    assert taken.lease.holder.deaths == 2


def test_a_living_process_that_does_not_touch_its_lease_has_lost_it(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        lease = claimed(tmp_path, replace(me(), pid=other.pid, born=born(other.pid)))
        grow_old(tmp_path)
        claimed(tmp_path)
        assert lease.is_lost
        other.kill()


def test_a_worker_on_another_machine_is_dead_once_its_lease_is_stale(tmp_path: Path) -> None:
    claimed(tmp_path, ELSEWHERE)
    assert Leases(tmp_path).claim(PACK).before == ELSEWHERE
    grow_old(tmp_path)
    assert Leases(tmp_path).is_free(PACK)
    assert Leases(tmp_path).claim(PACK).is_takeover


def test_an_earlier_start_of_the_same_job_is_dead_wherever_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"SLURM_JOB_ID": "7", "SLURM_CLUSTER_NAME": "palmetto"}.items():
        monkeypatch.setenv(name, value)
    earlier = replace(me(), machine="elsewhere", pid=1, born=1)
    claimed(tmp_path / "other", replace(earlier, cluster="anvil"))
    assert Leases(tmp_path / "other").claim(PACK).lease is None
    claimed(tmp_path, earlier)
    claimed(tmp_path).advance()


def test_who_was_taken_over_can_neither_renew_nor_remove_and_who_took_over_can(tmp_path: Path) -> None:
    old = claimed(tmp_path, ELSEWHERE)
    with old.kept():
        grow_old(tmp_path)
        new = claimed(tmp_path)
        assert old.is_lost
        with pytest.raises(LostLeaseError):
            old.advance()
    assert not new.is_lost
    new.advance()
    new.advance()
    assert files(tmp_path) == [f"{PACK}.{n}" for n in (1, 2, 3, 4)]


def test_a_lease_that_was_taken_over_and_ended_cannot_be_renewed_though_its_numbers_are_free(tmp_path: Path) -> None:
    old = claimed(tmp_path, ELSEWHERE)
    grow_old(tmp_path)
    with claimed(tmp_path).kept():
        pass
    assert files(tmp_path) == []
    assert old.is_lost
    with pytest.raises(LostLeaseError):
        old.advance()
    assert files(tmp_path) == []
    new = claimed(tmp_path, replace(ELSEWHERE, pid=2))
    with pytest.raises(LostLeaseError):
        old.advance()
    new.advance()


def test_a_claim_that_stood_still_while_others_came_and_went_is_void(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed(tmp_path, ELSEWHERE)
    grow_old(tmp_path)
    others: list[Lease] = []

    def heir(_: Holder | None) -> Holder:
        if not others:
            with claimed(tmp_path).kept():
                pass
            others.append(claimed(tmp_path, replace(ELSEWHERE, pid=2)))
        return me()

    assert Leases(tmp_path).claim(PACK, heir).lease is None
    assert files(tmp_path) == [f"{PACK}.1"]
    others[0].advance()


def test_a_first_claim_that_stood_still_while_others_went_on_is_void(tmp_path: Path) -> None:
    others: list[Lease] = []

    def heir(_: Holder | None) -> Holder:
        old = claimed(tmp_path, ELSEWHERE)
        grow_old(tmp_path)
        others.append(claimed(tmp_path, replace(ELSEWHERE, pid=2)))
        (tmp_path / "leases" / f"{PACK}.1").unlink()
        assert old.is_lost
        return me()

    assert Leases(tmp_path).claim(PACK, heir).lease is None
    assert files(tmp_path) == [f"{PACK}.2"]
    assert not others[0].is_lost


@pytest.mark.parametrize("is_claimed_again", [False, True])
def test_a_claim_that_was_taken_over_and_ended_before_it_was_looked_at_is_void(
    is_claimed_again: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make, others = _Chain.make, list[Lease]()

    def stood_still(chain: _Chain, number: int, text: str) -> bool:
        made = make(chain, number, text)
        monkeypatch.undo()
        grow_old(tmp_path)
        with claimed(tmp_path, replace(ELSEWHERE, pid=2)).kept():
            pass
        if is_claimed_again:
            others.append(claimed(tmp_path, replace(ELSEWHERE, pid=3)))
        return made

    monkeypatch.setattr(_Chain, "make", stood_still)
    assert Leases(tmp_path, stale_s=5).claim(PACK).lease is None
    assert files(tmp_path) == [f"{PACK}.1"] * is_claimed_again
    for other in others:
        other.advance()


def test_a_lease_is_touched_while_it_is_kept_and_gone_afterwards(tmp_path: Path) -> None:
    lease = claimed(tmp_path, stale_s=0.5)
    other = tmp_path / "other"
    other.touch()
    os.utime(other, (0, 0))
    with lease.kept(other):
        grow_old(tmp_path)
        late = time.monotonic() + 60
        while not other.stat().st_mtime:
            assert time.monotonic() < late
            time.sleep(0.01)
        assert (tmp_path / "leases" / f"{PACK}.1").stat().st_mtime > 0
    assert files(tmp_path) == []


def test_a_process_takes_its_own_leftover_again(tmp_path: Path) -> None:
    old = claimed(tmp_path)
    claimed(tmp_path)
    assert old.is_lost


def folder(path: Path) -> None:
    path.mkdir()


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def empty(path: Path) -> None:
    path.touch()


def bytes_(path: Path) -> None:
    path.write_bytes(b"\xff\xfe{" * 10)


def wrong(path: Path) -> None:
    path.write_text('{"pid": "x", "host": 3, "job_id": null, "machine": [], "born": {}}')


@pytest.mark.parametrize("planted", [folder, loop, empty, bytes_, wrong])
def test_what_is_no_lease_is_someones_until_it_is_stale(planted: object, tmp_path: Path) -> None:
    (tmp_path / "leases").mkdir()
    planted(tmp_path / "leases" / f"{PACK}.7")  # type: ignore[operator]
    assert Leases(tmp_path).claim(PACK).lease is None
    grow_old(tmp_path)
    lease = claimed(tmp_path)
    lease.advance()
    with lease.kept():
        pass


@pytest.mark.parametrize("name", [f".{PACK}.9", f"._{PACK}.9", f"{PACK}.x", f"{PACK}.07", f"{PACK}.-3", PACK, "b.9"])
def test_files_of_other_names_are_nobodys(name: str, tmp_path: Path) -> None:
    (tmp_path / "leases").mkdir()
    (tmp_path / "leases" / name).write_text("")
    with claimed(tmp_path).kept():
        assert f"{PACK}.1" in files(tmp_path)
    assert files(tmp_path) == [name]


def test_a_disk_that_refuses_gives_nobody_the_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        Leases(tmp_path).claim(PACK)
    assert files(tmp_path) == []


def test_no_link_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_: object, **__: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", unsupported)
    monkeypatch.setattr(os, "symlink", unsupported)
    claimed(tmp_path).advance()
