"""Logs are found by their runs, whatever else lies beside them."""

import os
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from hw1.tests import made
from jobs.pack import Pack
from jobs.worker.logs import Log, follow, logs_of, runs
from results.errors import UnreadableError

PACK = Pack("simulate", 1, (made.fit(seed=1), made.fit(seed=2)))


def test_a_log_is_found_by_each_of_its_runs_and_continued(tmp_path: Path) -> None:
    for word in ("first", "second"):
        with Log(tmp_path, PACK) as log:
            log.write(word)
    (path,) = logs_of(tmp_path, PACK.run_ids[1])
    assert runs(tmp_path) == set(PACK.run_ids)
    text = path.read_text()
    assert text.count("runs: ") == 1
    assert text.index("first") < text.index("second")


def test_text_that_is_not_unicode_is_written(tmp_path: Path) -> None:
    with Log(tmp_path, PACK) as log:
        log.write("caf\udce9")
    assert "caf\\udce9" in log.path.read_text()


def link(path: Path) -> None:
    path.symlink_to(path.parent.parent / "thesis")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, link, lambda path: path.symlink_to(path)])
def test_what_is_no_plain_file_is_no_log_and_stops_no_training(make: Any, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "thesis").write_text("runs: mine\n")
    path = tmp_path / "logs" / f"{PACK.pack_id}.log"
    make(path)
    with Log(tmp_path, PACK) as log:
        log.write("a line")
    assert (tmp_path / "thesis").read_text() == "runs: mine\n"
    assert runs(tmp_path) == set()
    with pytest.raises(UnreadableError):
        next(follow(lambda: [path], lambda: False))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\0", b"runs:", b"\n\n", b"x" * 100_000])
def test_a_damaged_log_names_no_run(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_bytes(content)
    (tmp_path / "logs" / "._b.log").write_bytes(b"runs: b\n")
    assert runs(tmp_path) == set()
    assert logs_of(tmp_path, "b") == []


def test_a_line_that_is_not_whole_yet_is_waited_for_until_the_end(tmp_path: Path) -> None:
    path, later, over = tmp_path / "a.log", tmp_path / "b.log", [False]
    path.write_bytes(b"one\ntw")
    lines = follow(lambda: [each for each in (path, later) if each.exists()], lambda: over[0], poll_s=0.001)
    assert next(lines) == "one"
    with path.open("ab") as file:
        file.write(b"o\xff\nthree\n")
    assert list(islice(lines, 2)) == ["two\ufffd", "three"]
    later.write_bytes(b"half a pack\nlast words")
    over[0] = True
    assert list(lines) == ["half a pack", "last words"]


def test_following_a_local_task_ends_with_its_worker(tmp_path: Path) -> None:
    project = Path(__file__).parent / "projects" / "walks.py"
    hw1 = [sys.executable, "-c", "from jobs.cli.app import main; main()", "-p", str(project)]
    out = ["--study", "walk", "--set", "scale=1.0", "--out", str(tmp_path / "out")]
    with subprocess.Popen([*hw1, "submit", "--local", "--workers", "1", *out], stdout=subprocess.DEVNULL) as submitting:
        while not list((tmp_path / "out").glob("local/*/*/*_log.out")):
            assert submitting.poll() is None
            time.sleep(0.02)
        said = subprocess.run([*hw1, "logs", "0", "-f", *out], capture_output=True, text=True, check=True).stdout
    assert said.endswith("task number 00 has ended\n")
    assert said.count("committed 1 run(s)") == 2  # one a seed
