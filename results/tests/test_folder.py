"""The output folder is found in one way, refused when it cannot be used, and used by one at a time."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from results.folder import FolderError, check_usable, lock, output_folder


def test_the_option_goes_before_the_variable_and_that_before_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HW1_OUT", raising=False)
    assert output_folder(None) == tmp_path / "out"
    monkeypatch.setenv("HW1_OUT", "")
    assert output_folder(None) == tmp_path / "out"
    monkeypatch.setenv("HW1_OUT", "~/there")
    assert output_folder(None) == Path.home() / "there"
    assert output_folder(Path("here")) == tmp_path / "here"


def test_a_usable_folder_is_made_and_left_empty(tmp_path: Path) -> None:
    check_usable(tmp_path / "a" / "b")
    check_usable(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_file_is_no_output_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(
            FolderError, match=rf"output folder {out}: it, or one above it, is a file; give another --out"
        ):
            check_usable(out)


def test_a_read_only_folder_is_refused_to_root_too(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir(mode=0o555)
    with pytest.raises(FolderError, match="is read-only: make it writable, or give another --out"):
        check_usable(out)
    assert list(out.iterdir()) == []


def test_a_full_disk_is_refused(small_disk: Path) -> None:
    with pytest.raises(FolderError, match="cannot be written: No space left on device; give another --out"):
        check_usable(small_disk)
    assert list(small_disk.iterdir()) == []


def test_a_disk_mounted_read_only_is_refused(read_only_disk: Path) -> None:
    for out in (read_only_disk, read_only_disk / "below"):
        with pytest.raises(FolderError, match=r"[Rr]ead-only"):
            check_usable(out)


def test_a_second_user_of_a_folder_is_told_who_the_first_is(tmp_path: Path) -> None:
    code = "from results.folder import *; import sys\nwith lock(Path(sys.argv[1])): print(1, flush=True); input()"
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        first.stdout.readline()
        with (
            pytest.raises(FolderError, match=rf"process {first.pid} on .* is training or submitting into {tmp_path}"),
            lock(tmp_path),
        ):
            pytest.fail("both have it")
        os.kill(first.pid, signal.SIGKILL)
    with lock(tmp_path), pytest.raises(FolderError, match=f"process {os.getpid()} on"), lock(tmp_path):
        pytest.fail("both have it")
    with lock(tmp_path):
        pass


def test_an_error_inside_the_lock_is_not_taken_for_the_locks(tmp_path: Path) -> None:
    with pytest.raises(BlockingIOError), lock(tmp_path):
        raise BlockingIOError
