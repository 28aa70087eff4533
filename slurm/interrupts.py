"""Ctrl-C and its kin, as the parent of workers counts them."""

import signal
import time
from types import FrameType, TracebackType
from typing import Any, Self

_INSIST_S = 0.5
"""A signal that follows another one sooner is its echo: `timeout` sends two, a terminal signals the whole group."""


class Interrupts:
    """While this context lasts, SIGINT, SIGTERM and SIGHUP are noted instead of ending the process.

    SIGHUP stays ignored where it is, as under nohup. Main thread only, as signal handlers are.
    """

    def __init__(self) -> None:
        """Nothing is noted before the context begins."""
        self._times: list[float] = []
        self._before: dict[signal.Signals, Any] = {}

    @property
    def any(self) -> bool:
        """Whether there was one: stop."""
        return bool(self._times)

    @property
    def insistent(self) -> bool:
        """Whether there was another one later: stop now."""
        return bool(self._times) and self._times[-1] - self._times[0] >= _INSIST_S

    def __enter__(self) -> Self:
        """Take the signals."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Give the signals back to whoever took them before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._times.append(time.monotonic())
