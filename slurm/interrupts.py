"""Ctrl-C and its kin, as the parent of workers counts them."""

import os
import signal
import time
from types import FrameType, TracebackType
from typing import Any, Self

_INSIST_S = 0.5
"""A signal that follows another one sooner is its echo: `timeout` sends two, a terminal signals the whole group."""


class Interrupts:
    """While this context lasts, SIGINT, SIGTERM, SIGHUP and SIGTSTP are noted instead of ending or stopping it.

    SIGHUP and SIGTSTP stay ignored where they are, as under nohup. Main thread only, as signal handlers are.
    """

    def __init__(self) -> None:
        """Nothing is noted before the context begins."""
        self._times: list[float] = []
        self._suspended_at = 0.0
        self._before: dict[signal.Signals, Any] = {}

    @property
    def any(self) -> bool:
        """True if there was one: stop."""
        return bool(self._times)

    @property
    def insistent(self) -> bool:
        """True if there was another one later: stop now."""
        return bool(self._times) and self._times[-1] - self._times[0] >= _INSIST_S

    @property
    def suspended(self) -> bool:
        """True if there was a Ctrl-Z."""
        return bool(self._suspended_at)

    def suspend(self) -> float:
        """Stop this process until somebody continues it; returns the seconds that passed."""
        began = time.monotonic()
        self._suspended_at = 0.0
        os.kill(os.getpid(), signal.SIGSTOP)
        return time.monotonic() - began

    def __enter__(self) -> Self:
        """Take the signals."""
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._note)
        for number, note in ((signal.SIGHUP, self._note), (signal.SIGTSTP, self._note_suspension)):
            if signal.getsignal(number) != signal.SIG_IGN:
                self._before[number] = signal.signal(number, note)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Give the signals back to whoever took them before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._times.append(time.monotonic())

    def _note_suspension(self, _number: int, _frame: FrameType | None) -> None:
        self._suspended_at = time.monotonic()
