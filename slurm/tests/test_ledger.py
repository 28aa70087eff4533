"""The ledger."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from slurm import ledger, ledgers
from slurm.events import Log
from slurm.ledger import Submission
from slurm.profiles import load
from slurm.tasks import Task
from slurm.tests.calls import Note


def task(n: int, tmp_path: Path) -> Task:
    """A task that does two things."""
    return Task(name=f"t{n}", call=Note(tmp_path / str(n)), minutes=n, keys={f"{n}a": "odd", f"{n}b": "even"})


def made(tmp_path: Path, n: int = 5, size: int = 2) -> Submission:
    """A submission of as many elements, in arrays of that size."""
    elements = [[task(k, tmp_path)] for k in range(n)]
    return ledger.record(
        elements, folder=tmp_path, prefix="x", profile=load("generic"), code=tmp_path / "code", max_array_size=size
    )


def test_a_ledger_says_again_what_was_recorded(tmp_path: Path) -> None:
    submission = Submission(made(tmp_path).folder)
    assert [(array.offset, array.n) for array in submission.arrays] == [(0, 2), (2, 2), (4, 1)]
    assert len({array.name for array in submission.arrays}) == 3
    assert submission.tasks == [[f"t{k}"] for k in range(5)]
    assert submission.keys[3] == {"3a": "odd", "3b": "even"}
    assert submission.retries == load("generic").retries.model_dump()
    assert [name for name, _ in submission.calls(4)] == ["t4"]
    assert [each.id for each in ledgers.submissions(tmp_path)] == [submission.id]


def test_the_ledger_of_a_version_that_kept_the_keys_in_it_is_understood(tmp_path: Path) -> None:
    place = made(tmp_path).folder
    keys = json.loads((place / "keys.json").read_text())
    (place / "keys.json").unlink()
    (place / "ledger.json").write_text(json.dumps(json.loads((place / "ledger.json").read_text()) | {"keys": keys}))
    assert Submission(place).keys == keys


def test_a_submission_is_looked_at_until_it_is_finished(tmp_path: Path) -> None:
    first, second = made(tmp_path), made(tmp_path)
    assert len(ledgers.submissions(tmp_path)) == 2
    first.finish()
    assert [each.id for each in ledgers.submissions(tmp_path)] == [second.id]
    assert [each.id for each in ledgers.submissions(tmp_path, finished=True)] == [first.id]


def test_a_folder_whose_ledger_was_never_written_is_no_submission(tmp_path: Path) -> None:
    (made(tmp_path).folder / "ledger.json").unlink()
    assert ledgers.submissions(tmp_path) == []


def test_a_call_that_cannot_be_pickled_leaves_no_ledger(tmp_path: Path) -> None:
    bad = Task(name="bad", call=lambda: None, minutes=1)
    with pytest.raises(Exception, match=r"pickle|local object"):
        ledger.record([[bad]], folder=tmp_path, prefix="x", profile=load("generic"), code=tmp_path, max_array_size=10)
    assert ledgers.submissions(tmp_path) == []


def test_what_is_noted_is_there_for_others(tmp_path: Path) -> None:
    submission = made(tmp_path)
    array = submission.arrays[1]
    assert submission.job_id(array) is None
    submission.note_job(array, "123")
    submission.close(3, "cancelled")
    submission.cancel({"0a"})
    submission.cancel({"1b", "2a"})
    again = Submission(submission.folder)
    assert again.job_id(array) == "123"
    assert [again.closed(k) for k in range(5)] == [None, None, None, "cancelled", None]
    assert again.cancelled() == {"0a", "1b", "2a"}


def test_a_log_survives_a_line_that_was_cut(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    assert log.read() == []
    log.write("started", job_id="1_0", node="node1")
    with (tmp_path / "log").open("a") as file:
        file.write('{"event": "ended", "job_i')
    log.write("ended", job_id="1_0", kind="killed")
    assert [(event.event, event.kind) for event in log.read()] == [("started", None), ("ended", "killed")]


def test_a_log_on_a_disk_that_refuses_is_no_error(tmp_path: Path) -> None:
    Log(tmp_path / "nowhere" / "log").write("started", job_id="1_0")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def zeroed(path: Path) -> None:
    path.write_bytes(bytes(4096))


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def gone(path: Path) -> None:
    path.unlink()


def nested(path: Path) -> None:
    path.write_text("[" * 100_000)


def a_list(path: Path) -> None:
    path.write_text("[1, 2]")


def bytes_of_no_text(path: Path) -> None:
    path.write_bytes(b'{"submitted": "\xff"}')


HARMS = [empty, zeroed, folder, fifo, loop, gone, nested, a_list, bytes_of_no_text]


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("name", ["ledger.json", "keys.json"])
def test_a_submission_that_cannot_be_read_is_named_and_the_others_are(
    name: str, harm: Callable[[Path], None], tmp_path: Path
) -> None:
    bad, good = made(tmp_path), made(tmp_path)
    harm(bad.folder / name)
    found = ledgers.ledgers(tmp_path)
    assert [each.id for each in found.whole] == [good.id]
    if (name, harm) == ("ledger.json", gone):
        assert found.damaged == []
        return
    (line,) = found.damaged
    assert bad.id in line
    assert f"{name} is" in line or f"cannot read {bad.folder / name}" in line
    assert line.isprintable()


@pytest.mark.parametrize(
    "change",
    [
        {"arrays": [{"name": "x", "offset": 0, "n": 1_000_000_000}]},
        {"arrays": [{"name": "x", "offset": 0, "n": 2}, {"name": "y", "offset": 1, "n": 4}]},
        {"arrays": 7},
        {"tasks": None},
        {"submitted": "yesterday"},
        {"retries": []},
    ],
)
def test_a_ledger_of_other_values_is_not_believed(change: dict[str, object], tmp_path: Path) -> None:
    path = made(tmp_path).folder / "ledger.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert ledgers.ledgers(tmp_path).whole == []
    assert "is damaged" in ledgers.ledgers(tmp_path).damaged[0]


@pytest.mark.parametrize("harm", HARMS)
def test_small_files_that_are_damaged_say_no_more_than_they_can(harm: Callable[[Path], None], tmp_path: Path) -> None:
    submission = made(tmp_path, n=1)
    (array,) = submission.arrays
    submission.note_job(array, "123")
    submission.close(0, "cancelled")
    submission.cancel({"a"})
    submission.log(0).write("started", job_id="1_0")
    (cancelled,) = (submission.folder / "cancelled").iterdir()
    for path in (f"{array.name}.job", "elements/00000.closed", f"cancelled/{cancelled.name}", "elements/00000.log"):
        harm(submission.folder / path)
    assert submission.job_id(array) is None
    assert (submission.closed(0) is None) == (harm is gone)
    assert "a" not in submission.cancelled()
    assert submission.log(0).read() == []
    submission.log(0).write("started", job_id="1_0")  # neither waits nor raises


def test_names_with_a_dot_in_front_are_nobodys(tmp_path: Path) -> None:
    submission = made(tmp_path)
    submission.cancel({"a"})
    for name in (
        f"submissions/._{submission.id}",
        f"submissions/{submission.id}/cancelled/._x",
        "submissions/.DS_Store",
    ):
        (tmp_path / name).write_bytes(b"\0\5\x16\7\xff")
    assert ledgers.ledgers(tmp_path).damaged == []
    assert submission.cancelled() == {"a"}
