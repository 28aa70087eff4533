"""A new user's ten minutes: from `pip install` to a page of one's own runs, each command with its seconds.

Run `python -m jobs.tests.ten_minutes`, with `--python 3.12` for another Python, `--keep FOLDER` to look at what comes
of it. It needs uv, and a registry for what the wheel needs; torch is not installed. The study is the one of `hw1 init`,
with 30 runs: all their processes are killed in the middle (kill -9), and the same command goes on.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from jobs.worker.heartbeats import Heartbeats

ROOT = Path(__file__).parents[2]
RUNS = ("--seeds", "15", "--set", "n_steps=200000")
PEAK = "from jobs import load; frame = load('out'); print(len(frame), round(1024 * frame['memory_gb'].max()))"


class Terminal:
    """A shell in an empty folder, in which commands are typed one after the other."""

    def __init__(self, folder: Path) -> None:
        """With an environment of its own beside it."""
        self.folder, self.env = folder / "work", folder / "env"
        self.folder.mkdir(parents=True)

    def __call__(self, *command: str) -> str:
        """Type a command and wait for it; prints its seconds, returns its output."""
        began = time.monotonic()
        process = self._started(command)
        said, _ = process.communicate()
        print(f"{time.monotonic() - began:6.1f} s  {' '.join(command)}", flush=True)
        if process.returncode:
            sys.exit(said)
        return said

    def killed(self, *command: str) -> None:
        """Type a command, and kill all its processes once a run is done and another one trains."""
        began, out = time.monotonic(), self.folder / "out"
        process = self._started(command, stdout=subprocess.DEVNULL)
        while not any((out / "store" / "parts" / "runs").glob("[!.]*.parquet")) or not (
            beats := Heartbeats(out).read()
        ):
            if process.poll() is not None:
                sys.exit("it ended before it could be killed")
            time.sleep(0.02)
        for pid in (process.pid, *(int(beat.job_id.removeprefix("local-")) for beat in beats)):
            os.kill(pid, signal.SIGKILL)
        process.wait()
        print(f"{time.monotonic() - began:6.1f} s  {' '.join(command)}  # kill -9", flush=True)

    def _started(self, command: Sequence[str], stdout: int = subprocess.PIPE) -> "subprocess.Popen[str]":
        own = self.env / "bin" / command[0]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "HW1_"))}
        return subprocess.Popen(
            [str(own) if own.exists() else command[0], *command[1:]],
            cwd=self.folder,
            env=kept | {"VIRTUAL_ENV": str(self.env)},
            stdout=stdout,
            stderr=subprocess.STDOUT,
            text=True,
        )


def main() -> None:
    """Type all of it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--python", default=".".join(map(str, sys.version_info[:2])))
    options.add_argument("--keep", type=Path, help="an empty folder for all that is made")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        typed(Terminal((asked.keep or Path(folder)).absolute()), asked.python)


def typed(terminal: Terminal, python: str) -> None:
    """The commands in their order."""
    began = time.monotonic()
    terminal("uv", "venv", "--quiet", "--python", python, str(terminal.env))
    terminal("uv", "build", "--quiet", "--wheel", "--out-dir", ".", str(ROOT))
    (wheel,) = terminal.folder.glob("*.whl")
    terminal("uv", "pip", "install", "--quiet", "--link-mode", "copy", "--compile-bytecode", wheel.name)
    mb = sum(path.stat().st_size for path in terminal.env.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6
    terminal("hw1", "init", "walks.py")
    assert "30 runs: 30 pending" in terminal("hw1", "list", *RUNS)
    assert "30 of 30 runs pending" in terminal("hw1", "plan", *RUNS)
    terminal.killed("hw1", "submit", "--local", *RUNS)
    (before,) = re.findall(r"^all +(\d+)", terminal("hw1", "status", *RUNS), re.MULTILINE)
    assert "all 30 runs are done" in terminal("hw1", "submit", "--local", *RUNS)
    table = terminal("hw1", "table", *RUNS)
    said = terminal("hw1", "report", *RUNS)
    n_runs, peak_mib = terminal("python", "-c", PEAK).split()
    print(table, said, sep="\n")
    print(f"Python {python}: {n_runs} runs ({before} when it was killed), {mb:.0f} MB installed,")
    print(f"at most {peak_mib} MiB a worker, {time.monotonic() - began:.0f} s in all")


if __name__ == "__main__":
    main()
