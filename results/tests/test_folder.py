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
    monkeypatch.setenv("HW1_OUT", " ")
    with pytest.raises(FolderError, match=r"`\$HW1_OUT` is empty"):
        output_folder(None)
    assert output_folder(tmp_path) == tmp_path
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


def test_a_link_in_the_place_of_the_lock_empties_nothing(tmp_path: Path) -> None:
    thesis = tmp_path / "thesis.tex"
    thesis.write_text("years of work")
    out = tmp_path / "out"
    out.mkdir()
    for make in (Path.symlink_to, Path.hardlink_to):
        make(out / "lock", thesis)
        with pytest.raises(FolderError, match=r"cannot be locked: the lock is .*: remove it"), lock(out):
            pytest.fail("it has it")
        (out / "lock").unlink()
    assert thesis.read_text() == "years of work"


@pytest.mark.parametrize("kind", ["folder", "fifo"])
def test_a_lock_that_is_no_file_is_one_line(tmp_path: Path, kind: str) -> None:
    {"folder": Path.mkdir, "fifo": os.mkfifo}[kind](tmp_path / "lock")
    with pytest.raises(FolderError, match="cannot be locked: "), lock(tmp_path):
        pytest.fail("it has it")


def test_another_users_lock_is_held_but_not_written(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("giving a file away takes root; CI runs as root")
    path = tmp_path / "lock"
    path.write_text("process 1 on elsewhere")
    os.chown(path, 12345, 12345)
    with lock(tmp_path), pytest.raises(FolderError, match="process 1 on elsewhere is training"), lock(tmp_path):
        pytest.fail("both have it")
    assert path.read_text() == "process 1 on elsewhere"


@pytest.mark.parametrize("name", ["a:b", "a\nb", "a\x1b[2Jb", os.fsdecode(b"\xff")])
def test_a_name_that_jobs_could_not_import_from_is_refused_before_it_is_made(tmp_path: Path, name: str) -> None:
    with pytest.raises(FolderError, match="control character in its name would break PYTHONPATH") as caught:
        check_usable(tmp_path / name / "out")
    assert str(caught.value).isprintable()
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_an_output_folder_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for path, reason in [
        (tmp_path / ("x" * 300), "File name too long"),
        (tmp_path / "loop" / "out", "Too many levels of symbolic links"),
        (Path("/dev/null"), "is a file"),
        (Path("/dev/null/out"), "is a file"),
        (Path("~nobody-of-this-name/out"), "no home folder; give --out a whole path"),
    ]:
        with pytest.raises(FolderError, match=reason):
            output_folder(path)
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(FolderError, match="the current folder is gone"):
        output_folder(Path("out"))


def test_a_folder_that_one_may_not_enter_or_read_is_one_line(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "out").mkdir(parents=True)
    code = """if True:
        import os, sys
        from results.folder import *
        for parent in Path(sys.argv[1]).parents:
            os.chmod(parent, 0o755) if "pytest" in str(parent) else None
        if os.geteuid() == 0:
            os.setgroups([]); os.setresuid(12345, 12345, 12345)
        for out in (sys.argv[1], sys.argv[1] + "/out"):
            try: output_folder(Path(out))
            except FolderError as error: print(error)
    """
    for mode in (0o000, 0o311):
        closed.chmod(mode)
        said = subprocess.check_output([sys.executable, "-c", code, str(closed)], text=True).splitlines()
        assert said[0].startswith(f"output folder {closed} cannot be ")
        assert len(said) == (2 if mode == 0 else 1)
    closed.chmod(0o755)


def test_an_id_without_home_or_name_has_an_output_folder(tmp_path: Path) -> None:
    code = "import os, pwd; from results.folder import *; os.environ.pop('HOME', None)\n"
    code += "os.geteuid() or os.setuid(54321)\nprint(output_folder(None))\ntry: output_folder(Path('~/x'))\n"
    code += "except FolderError as error: print(error)"
    command = [sys.executable, "-c", code]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    first, second = subprocess.check_output(command, text=True, cwd="/", env=env).splitlines()
    assert first == "/out"
    assert second.endswith("no home folder; give --out a whole path") or os.geteuid()


def test_a_new_output_folder_is_its_owners_to_write_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        check_usable(tmp_path / "out")
    finally:
        os.umask(before)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755


def test_a_name_that_submitit_would_change_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match=r"put a number for '%j' in its name; give another --out$"):
        check_usable(tmp_path / "50%job")
    assert list(tmp_path.iterdir()) == []
