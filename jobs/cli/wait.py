"""Stays until nothing of a sweep runs or is queued any more, and shows where it stands meanwhile."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.live import Live

from jobs.cli.lines import console, line
from jobs.cli.screen import status_table
from jobs.status import Status, status
from jobs.sweep import Run

LINE_EVERY_S = 10.0


def wait(runs: Sequence[Run], out: Path, *, poll_s: float) -> Status:
    """Look again and again, never more often than ``poll_s``; returns what was seen last."""
    screen = console()
    with _shown(screen, runs) as show:
        while True:
            now = status(out)
            show(now)
            counts = now.counts(runs)
            if not counts["running"] + counts["queued"]:
                return now
            time.sleep(max(poll_s, *(element.submission.poll_s for element in now.cluster.elements), 0))


@contextmanager
def _shown(screen: Console, runs: Sequence[Run]) -> Iterator[Callable[[Status], None]]:
    """A table that is redrawn in a terminal; elsewhere a line whenever ten seconds have passed."""
    if screen.is_terminal:
        with Live(console=screen, auto_refresh=False) as live:
            yield lambda now: live.update(status_table(runs, now), refresh=True)
        return
    last, told = -LINE_EVERY_S, ""

    def show(now: Status) -> None:
        nonlocal last, told
        counts = now.counts(runs)
        text = ", ".join(f"{n} {state}" for state, n in counts.items() if n)
        text += f"; {now.silence}" * bool(now.silence)
        if text != told and time.monotonic() - last > LINE_EVERY_S:
            last, told = time.monotonic(), text
            screen.print(line(f"{time.strftime('%H:%M:%S')}  {text}"), soft_wrap=True)

    yield show
