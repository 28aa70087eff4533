"""The run that a study's function is given: its steps, its rows, its folder, its device."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from jobs.functions import generators
from jobs.functions.earlier import earlier_rows
from jobs.functions.keep import Kept, kept, packed, unpacked
from jobs.functions.rows import Log

Moment = bytes
"""Everything that a run keeps between two steps."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """A run between two steps."""

    ended: tuple[Moment, ...] = ()
    """Ends of the loops before the current one."""
    now: Moment | None = None
    """None before the first loop."""


Pulse = Callable[[int, int, Callable[[], Progress]], None]
"""Told the step, the number of steps, and how to save the run; raises to stop it."""


class StepsError(RuntimeError):
    """A loop of steps that could not be continued; the message says what would be right."""


@dataclass(kw_only=True)
class Run:
    """One run. A plain `Run()` is enough to call a study's function by hand, for instance in a debugger."""

    params: Mapping[str, Any] = field(default_factory=dict)
    run_id: str = ""
    here: Path = field(default_factory=Path.cwd)
    """The folder of the study's file."""
    device_asked: str | None = None
    pulse: Pulse | None = None
    progress: Progress = field(default_factory=Progress)
    """The state that it continues from."""
    earlier: Callable[[str], list[dict[str, Any]]] | None = None
    """Rows of the runs that it needs, by table: `NAME.runs` or `NAME.log`."""
    rows: Log = field(default_factory=Log)
    """Rows that it has logged."""
    ended: list[Moment] = field(default_factory=list)
    """Ends of its finished loops."""
    step: int = 0
    """Steps done in all its loops."""
    is_over: bool = False
    _at: tuple[int, int] = (0, 1)
    _is_looping: bool = False
    _n_loops: int = 0
    _waits: bool = False
    _last: Progress | None = None

    def steps(self, n: int, keep: Mapping[str, Any] | None = None) -> Iterator[int]:
        """The numbers 0 to n - 1, as `range(n)` gives them; between two of them the run can be stopped and continued.

        A run that is continued calls its function from the start. Then the loop that it was in goes on at the step
        that it had come to, with what is in `keep`, all random generators and all logged rows as they were. A loop
        that had ended yields nothing: give `keep` what the code after it needs of it.

        Args:
            n: Number of steps.
            keep: What changes from step to step, by name: modules, optimisers and others with `state_dict`, arrays,
                tensors, generators, dicts, lists and objects that can be pickled. Restored in place.

        Raises:
            StepsError: If it is called within another loop of steps.
            KeepError: If something cannot be saved or restored.
        """
        if self._is_looping:
            raise StepsError("run.steps within run.steps: only the outer loop can be continued, use `range` within it")
        if isinstance(n, bool) or not isinstance(n, int) or n < 0:
            raise StepsError(f"run.steps: the number of steps must be an int of at least 0, got {n!r}")
        objects, number = kept(keep or {}), self._n_loops
        self._n_loops += 1
        was_in, now = len(self.progress.ended), self.progress.now
        if number < was_in:
            self.ended.append(self.progress.ended[number])
            self._restore(self.ended[-1], objects)
            return iter(())
        if number == was_in and now is not None:
            return self._loop(self._restore(now, objects), n, objects)
        return self._loop(0, n, objects)

    def log(self, /, **row: object) -> None:
        """Add a row to the study's table `log`: numbers, text or None by column.

        Raises:
            RowError: If a value is of another type than the column's first.
        """
        self.rows.add(self.step, row)

    def results(self, of: object) -> list[dict[str, Any]]:
        """Results of the runs of another study that this run comes after: those that agree in shared parameters.

        One dict a run, with its `run_id`, its parameters and its metrics, in the order of the study.

        Args:
            of: The study's function; one of those that `@study(after=…)` names.

        Raises:
            EarlierError: If it is none of them, or the run was made by hand without `earlier`.
        """
        return earlier_rows(self.earlier, of, "runs")

    def logged(self, of: object) -> list[dict[str, Any]]:
        """Rows that those runs logged: one dict a row, with `run_id`, `step` and the logged values; see `results`.

        Raises:
            EarlierError: As `results`.
        """
        return earlier_rows(self.earlier, of, "log")

    def shell(self, command: str, *, numbers: str | None = None, timeout_s: float | None = None) -> dict[str, Any]:
        """Run a command in bash, in the run's own folder; its output goes to the log.

        `{lr}` stands for a parameter's value, quoted; `{here}` for the folder of the study's file, `{folder}` for the
        run's own, `{run_id}` and `{device}` for the run's. Other braces are doubled: `awk '{{print}}'`.

        Args:
            command: One command, or a script.
            numbers: A file that it writes into the run's folder: one JSON object. None for the last one in its
                output, which begins a line and ends one.
            timeout_s: It is stopped after as many seconds.

        Returns:
            The numbers; empty if it gave none.

        Raises:
            ShellError: If it fails; ends with its exit code.
        """
        from jobs.functions.shell import Shell, filled  # noqa: PLC0415 - few runs have one

        self._waits = True
        text = filled(command, self.params, run=self)
        return Shell(folder=self.folder, tick=self._tick, timeout_s=timeout_s)(text, numbers=numbers)

    @cached_property
    def folder(self) -> Path:
        """A folder of the run's own, removed when it ends."""
        return Path(tempfile.mkdtemp(prefix=f"hw1-{self.run_id or 'run'}-"))

    @cached_property
    def device(self) -> str:
        """`cuda` or `cpu`: what to train on. Imports torch, unless the device was chosen."""
        if self.device_asked is not None:
            return self.device_asked
        try:
            import torch  # noqa: PLC0415 - only if asked
        except ImportError:
            return "cpu"
        return "cuda" if torch.cuda.is_available() else "cpu"

    def end(self) -> None:
        """Remove the run's folder."""
        self.is_over = True
        if "folder" in self.__dict__:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _loop(self, first: int, n: int, objects: list[Kept]) -> Iterator[int]:
        before = self.step - first
        self._is_looping = True
        try:
            for number in range(first, n):
                self.step = before + number
                self._pulse(number, n, objects)
                yield number
        except GeneratorExit:  # the function left the loop
            self.step += 1
            self._finish(objects)
            raise
        finally:
            self._is_looping = False
        self.step = before + max(first, n)
        self._finish(objects)

    def _pulse(self, number: int, n: int, objects: list[Kept]) -> None:
        if self.pulse is None:
            return
        self._at = number, n
        ended = tuple(self.ended)

        def progress() -> Progress:
            self._last = Progress(ended=ended, now=self._moment(number, objects))
            return self._last

        if self._waits:  # it will be asked in the middle of the step, when it is too late
            progress()
        self.pulse(number, n, progress)

    def _tick(self) -> None:
        """Show life while a command runs; what can be saved meanwhile is how the step began."""
        if self.pulse is None:
            return
        last = self._last or self.progress
        self.pulse(*self._at, lambda: last)

    def _finish(self, objects: list[Kept]) -> None:
        """Note how a loop ended: a run that is continued in a later loop passes through here again."""
        if self.pulse is not None and not self.is_over:
            self.ended.append(self._moment(0, objects))

    def _moment(self, number: int, objects: list[Kept]) -> Moment:
        states = {each.name: each.state() for each in objects}
        content = {"number": number, "step": self.step, "rows": self.rows.kept(), "keep": states}
        return packed({**content, "generators": generators.states()})

    def _restore(self, moment: Moment, objects: list[Kept]) -> int:
        """Put everything back; returns the number of the step to go on with."""
        content = unpacked(moment)
        missing = [each.name for each in objects if each.name not in content["keep"]]
        if missing:
            raise StepsError(f"the checkpoint has no {', '.join(missing)}: it is of another version of the function")
        for each in objects:
            each.restore(content["keep"][each.name])
        self.step = content["step"]
        self.rows.restore(content["rows"])
        generators.restore(content["generators"])
        return int(content["number"])
