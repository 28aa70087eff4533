"""Commands of a run: bash in a process group of its own, which ends with the run."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import IO, TYPE_CHECKING, Any

from jobs.functions.parameters import text_of

if TYPE_CHECKING:
    from jobs.functions.run import Run

TICK_S = 1.0
PATIENCE_S = 10.0
"""Between SIGTERM and SIGKILL."""
SIGNALLED_S = 0.2
"""Time that a signal which has ended a command may take to reach this process too: Slurm sends it to all of a job."""
N_LINES = 20
"""Of the output, in an error."""
LONGEST = 1000
"""Lines of an object at the most."""
NOT_FOUND = 127
"""Bash's exit code where there is no such command."""
_SIGNALLED = 128
"""Bash's exit code is above this where a signal ended what it ran."""
OWN = ("here", "folder", "run_id", "device")
_FIELD = re.compile(r"\{\{|\}\}|(?<!\$)\{(\w+)\}")


class ShellError(RuntimeError):
    """A command has failed; the message has its last lines, and ends with its exit code."""


def unknown(command: str, names: Iterable[str]) -> list[str]:
    """Fields of a command that stand for nothing."""
    known = {*names, *OWN}
    return [name for name in dict.fromkeys(_FIELD.findall(command)) if name and name not in known]


def filled(command: str, values: Mapping[str, Any], *, run: "Run") -> str:
    """The command with its fields filled in, quoted for bash.

    Raises:
        ShellError: If a field stands for nothing.
    """
    wrong = unknown(command, values)
    if wrong:
        known = ", ".join([*values, *OWN])
        raise ShellError(f"`{{{wrong[0]}}}` stands for nothing: there are {known}; write {{{{{wrong[0]}}}}} for braces")

    def text(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return match[0][0]
        return shlex.quote(text_of(values[name]) if name in values else str(getattr(run, name)))

    return _FIELD.sub(text, command)


@dataclass(kw_only=True)
class Shell:
    """Runs one command at a time and shows life meanwhile."""

    folder: Path
    tick: Callable[[], None]
    """Called every second; raises to stop the command."""
    timeout_s: float | None = None
    last: deque[str] = field(default_factory=lambda: deque(maxlen=N_LINES))
    found: dict[str, Any] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)
    """Lines of an object that has not ended."""

    def __call__(self, command: str, *, numbers: str | None) -> dict[str, Any]:
        """Run it to its end; returns the numbers that it gives.

        Raises:
            ShellError: If it fails.
        """
        process = subprocess.Popen(  # noqa: S603 - the user's
            ["bash", "-c", command],  # noqa: S607
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        reader = Thread(target=self._read, args=(process.stdout,), daemon=True)
        reader.start()
        try:
            code = self._wait(process)
        finally:
            _end(process)
            reader.join(timeout=PATIENCE_S)  # unless a process that left the group holds the pipe
        if code:
            if code < 0 or code > _SIGNALLED:
                time.sleep(SIGNALLED_S)
            self.tick()
            raise self._error(command, _ended(code))
        return self._line(command) if numbers is None else self._file(command, numbers)

    def _wait(self, process: "subprocess.Popen[str]") -> int:
        begun = time.monotonic()
        while True:
            with suppress(subprocess.TimeoutExpired):
                return process.wait(TICK_S)
            self.tick()
            if self.timeout_s is not None and time.monotonic() - begun > self.timeout_s:
                raise self._error(str(process.args[-1]), f"stopped after {self.timeout_s:g} s")  # type: ignore[index]

    def _read(self, output: IO[str]) -> None:
        lines = self.begun
        with output:
            for line in output:
                sys.stdout.write(line)
                self.last.append(line.rstrip("\n"))
                lines[:] = [line] if line.startswith("{") else [*lines, line] if 0 < len(lines) < LONGEST else []
                if lines and line.rstrip().endswith("}"):
                    with suppress(ValueError):
                        self.found = json.loads("".join(lines))
                        lines.clear()
                if line.startswith("}"):  # whatever has ended was no object
                    lines.clear()
        sys.stdout.flush()

    def _line(self, command: str) -> dict[str, Any]:
        """The numbers of the last object; output that ends in half of one has lost them."""
        end = next((line for line in reversed(self.last) if line.strip()), "")
        if end.startswith("{"):
            try:
                json.loads(end)
            except ValueError as error:
                raise self._error(command, f"its last line is no JSON: {error}") from None
        if self.begun and self.begun[0].strip() == "{":
            raise self._error(command, "its last JSON object has no end")
        return self.found

    def _file(self, command: str, name: str) -> dict[str, Any]:
        try:
            content = json.loads((self.folder / name).read_text())
        except OSError as error:
            raise self._error(command, f"it wrote no {name} into its folder ({error.strerror})") from None
        except ValueError as error:
            raise self._error(command, f"{name} is no JSON: {error}") from None
        if not isinstance(content, dict):
            raise self._error(command, f"{name} must be a JSON object, got {type(content).__name__}")
        return content

    def _error(self, command: str, what: str) -> ShellError:
        text = "".join(f"{line}\n" for line in self.last)
        return ShellError(f"{command!r} failed; its last lines:\n{text}{what}")


def _ended(code: int) -> str:
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    hint = " (it runs in a folder of its own: write {here}/…)" if code == NOT_FOUND else ""
    return f"exit code {code}{hint}"


def _end(process: "subprocess.Popen[str]") -> None:
    """End what is left of the command's group: SIGTERM, and SIGKILL after ten seconds."""
    deadline = time.monotonic() + PATIENCE_S
    number = signal.SIGTERM
    with suppress(ProcessLookupError, PermissionError):
        while True:
            os.killpg(process.pid, number)
            while time.monotonic() < deadline:
                process.poll()
                os.killpg(process.pid, 0)
                time.sleep(0.02)
            if number == signal.SIGKILL:
                return
            number, deadline = signal.SIGKILL, time.monotonic() + PATIENCE_S
    process.poll()
