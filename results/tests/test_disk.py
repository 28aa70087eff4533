"""Files appear whole, in order, or not at all."""

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from results.access import private_folder
from results.collect import collect
from results.disk import Batch, flock, read_small, read_text, write_whole
from results.errors import StoreError, UnreadableError, UnsafeFolderError
from results.tests.stores import Store


def test_all_is_on_the_disk_before_the_first_name_and_each_name_before_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    replace = os.replace

    def named(old: Path, new: Path) -> None:
        replace(old, new)
        calls.append(f"name {new}")

    monkeypatch.setattr(os, "fsync", lambda handle: calls.append(f"sync {Path(f'/proc/self/fd/{handle}').resolve()}"))
    monkeypatch.setattr(os, "replace", named)
    paths = [tmp_path / "b", tmp_path / "a"]
    with Batch() as batch:
        for path in paths:
            with batch.file(path) as file:
                file.write(b"whole")
        temporary = list(tmp_path.iterdir())
        batch.publish()
    assert sorted(calls[:2]) == sorted(f"sync {path}" for path in temporary)
    assert calls[2:] == [call for path in paths for call in (f"name {path}", f"sync {tmp_path}")]
    assert sorted(tmp_path.iterdir()) == sorted(paths)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError(), FileNotFoundError(2, "gone")])
def test_an_error_leaves_what_was_there_and_goes_on_as_it_is(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"before")
    with pytest.raises(type(error)) as caught, Batch() as batch:  # noqa: PT012
        with batch.file(path) as file:
            file.write(b"after")
        raise error
    assert caught.value is error
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"before"


def test_what_the_disk_refuses_is_said_with_the_files_name(tmp_path: Path) -> None:
    message = rf"cannot write {tmp_path}/a: No space left on device; nothing half-written"
    with pytest.raises(StoreError, match=message), Batch() as batch, batch.file(tmp_path / "a"):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_a_directory_opened_as_a_small_file_is_told_apart_from_one_that_is_absent(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_small(tmp_path / "absent")
    with pytest.raises(UnreadableError, match=f"cannot read {tmp_path}: it is not a plain file"):
        read_small(tmp_path)


def test_nothing_but_a_plain_file_is_read_and_no_read_waits(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "file").write_bytes(b"\xff12345")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name, reason in {"fifo": "not a plain file", "link": "it is a link", "loop": "it is a link"}.items():
        with pytest.raises(UnreadableError, match=reason):
            read_small(tmp_path / name)
    with pytest.raises(UnreadableError, match="more than 5 bytes"):
        read_small(tmp_path / "file", limit=5)
    with pytest.raises(UnreadableError, match="not UTF-8"):
        read_text(tmp_path / "file")


@pytest.mark.parametrize("private", [False, True])
def test_a_file_is_replaced_whole_and_a_private_one_is_its_owners_alone(tmp_path: Path, private: bool) -> None:
    path = tmp_path / "a"
    before = os.umask(0o002)
    try:
        for text in ("one", "two"):
            write_whole(path, text, private=private)
            assert read_text(path) == text
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == (0o600 if private else 0o664)
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_in_a_files_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    thesis = tmp_path / "thesis"
    thesis.write_text("years of work")
    (tmp_path / "a").symlink_to(thesis)
    write_whole(tmp_path / "a", "ours")
    assert thesis.read_text() == "years of work"
    assert read_text(tmp_path / "a") == "ours"


def test_a_failed_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_whole(tmp_path / "a", "before")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "a", "after")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


def test_a_private_folder_is_made_for_its_owner_and_refused_where_others_may_write(tmp_path: Path) -> None:
    folder = tmp_path / "code"
    private_folder(folder)
    private_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o702)
    with pytest.raises(UnsafeFolderError, match=f"chmod go-w {folder}"):
        private_folder(folder)
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(UnsafeFolderError, match="not a link"):
        private_folder(tmp_path / "link")


_HOLDS = "import sys, time; from pathlib import Path; from results.disk import flock\n"
_HOLDS += "with flock(Path(sys.argv[1])): print(1, flush=True); input()"


def test_who_waits_for_a_lock_says_so_and_gives_up_in_time(tmp_path: Path) -> None:
    path, said = tmp_path / "lock", list[str]()
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDS, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(BlockingIOError), flock(path, wait_s=0.2, silent_s=0.05, say=said.append):
            pytest.fail("both have it")
        assert said == [f"waiting for another process that holds {path}, for 0 s at most"]
        assert other.stdin is not None
        other.stdin.write(b"\n")
        other.stdin.flush()
        with flock(path, wait_s=60, say=said.append):
            pass


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.ENOLCK, errno.ENOSYS])
def test_a_file_system_without_locks_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    store = Store(tmp_path)
    store.layout.folder.mkdir()
    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(OSError, match="its file system has no locks"), flock(tmp_path / "lock", wait_s=600):
        pytest.fail("it has it")
    with pytest.raises(StoreError, match="its file system has no locks"):
        store.layout.create()
    with pytest.raises(StoreError, match=r"store/schema.lock: its file system has no locks \(flock\): use a folder on"):
        collect(store, [])
