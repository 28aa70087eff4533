"""Commands whose standard streams are not what they should be."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from jobs.cli import lines, streams
from jobs.tests.commands import hw1

ROOT = Path(__file__).parents[2]
PROCESS = [sys.executable, "-c", "from jobs.cli.app import main; main()"]
SWEEP = ("--study", "interpolation")


def environment(**values: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **values}


def as_ascii(*arguments: str, out: Path | None = None) -> str:
    """What a command prints where the stream is ASCII."""
    kept = io.BytesIO()
    stream = io.TextIOWrapper(kept, encoding="ascii")
    done = hw1(*arguments, out=out, stdout=stream)
    assert (done.returncode, done.stderr) == (0, "")
    return kept.getvalue().decode("ascii")


def test_a_stream_that_is_ascii_gets_plainer_characters_of_the_same_width(tmp_path: Path) -> None:
    assert "batch 100 lr 0.01 > batch 500 lr 0.01 seed 0" in as_ascii("list", *SWEEP, out=tmp_path)
    assert " . " in as_ascii("status", *SWEEP, out=tmp_path)
    assert "2 of 2 runs pending" in as_ascii("plan", *SWEEP, out=tmp_path)
    assert "devcluster" in as_ascii("profiles")


def test_json_says_the_same_on_every_stream(tmp_path: Path) -> None:
    records = json.loads(as_ascii("list", "--json", *SWEEP, out=tmp_path))
    assert "batch 100 lr 0.01 → batch 500 lr 0.01 seed 0" in {record["label"] for record in records}
    assert json.loads(hw1("list", "--json", *SWEEP, out=tmp_path).stdout) == records


def test_a_name_that_is_no_unicode_is_printed(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path / "fil") + b"\xe9"))
    folder.write_text("")
    done = hw1("submit", "--local", out=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert r"fil\udce9" in done.stderr
    assert len(done.stderr.splitlines()) == 1


COMMANDS = [["list"], ["list", "--json"], ["status"], ["plan"], ["--help"], ["profiles"]]


def where(command: list[str], tmp_path: Path) -> Path | None:
    return None if command[0] in {"--help", "profiles"} else tmp_path / "none"


@pytest.mark.parametrize("command", COMMANDS)
def test_an_output_that_is_full_is_one_line_and_exit_2(command: list[str], tmp_path: Path) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = hw1(*command, out=where(command, tmp_path), stdout=full)
    assert (done.returncode, done.stderr) == (2, "hw1: No space left on device\n")


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != ["--help"]])
def test_a_reader_that_goes_away_ends_the_command_quietly(command: list[str], tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as pipe:
        done = hw1(*command, out=where(command, tmp_path), stdout=pipe)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize(("gone", "code", "said"), [(True, 1, b""), (False, 2, b"hw1: No space left on device\n")])
def test_nothing_is_left_that_fails_when_the_process_ends(gone: bool, code: int, said: bytes) -> None:
    reading, pipe = os.pipe()
    os.close(reading)
    full = os.open("/dev/full", os.O_WRONLY)
    done = subprocess.run(
        [*PROCESS, "--help" if gone else "list"],
        stdout=pipe if gone else full,
        stderr=subprocess.PIPE,
        check=False,
        env=environment(),
    )
    os.close(pipe)
    os.close(full)
    assert (done.returncode, done.stderr) == (code, said)


def test_what_is_printed_to_a_closed_stream_gets_into_no_file(tmp_path: Path) -> None:
    """The system gives the number of a closed stream to the next file that is opened."""
    code = "import os; os.closerange(0, 3); from jobs.cli.app import main; main()"
    sweep = ("--smoke", "--study", "empty")
    command = [sys.executable, "-c", code, "submit", "--local", *sweep, "--out", str(tmp_path)]
    assert subprocess.run(command, check=False, env=environment()).returncode == 0
    (record,) = json.loads(hw1("status", "--json", *sweep, out=tmp_path).stdout)
    assert record["state"] == "done"


@pytest.mark.parametrize("size", ["0", "1", "-1", "²", "٣", "x", "", "9" * 5000])
def test_a_size_that_is_none_is_ignored(size: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", size)
    monkeypatch.setenv("LINES", size)
    streams.prepare()
    assert lines.console().width >= 80
    assert Console(force_terminal=True).width >= 80


def test_a_size_that_is_given_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "132")
    streams.prepare()
    assert Console(force_terminal=True).width == 132


def test_an_interrupted_command_ends_with_130_and_no_traceback(tmp_path: Path) -> None:
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # whatever the shell ignores
    code += "; from jobs import status as now"
    code += "; now.status = lambda _: signal.raise_signal(signal.SIGINT)"
    command = [sys.executable, "-c", f"{code}; from jobs.cli.app import main; main()", "list", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, check=False, env=environment())
    assert (done.returncode, done.stderr) == (130, b"")
