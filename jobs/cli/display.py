"""Display of training: a live table in a terminal, dated lines elsewhere."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.worker.heartbeats import Heartbeat, Heartbeats
from results.plain import plain
from results.workspace import Workspace

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from jobs.pack import Pack

REFRESH_S = 0.5
LINE_EVERY_S = 10.0


def duration(seconds: float | None) -> str:
    """Seconds as a person says them.

    >>> duration(4.2), duration(83), duration(7260), duration(None)
    ('4 s', '1 min 23 s', '2 h 01 min', '–')
    """
    if seconds is None:
        return "–"
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 - a minute
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"  # noqa: PLR2004


class Display:
    """Follows a local submission by the heartbeats and the store, and knows nothing of the workers."""

    def __init__(self, console: "Console") -> None:
        """Live where the console is a terminal."""
        self.console = console

    def note(self, text: str) -> None:
        """Something that the user should know."""
        self.console.print(plain(text), style="yellow")

    @contextmanager
    def training(self, out: Path, packs: "Sequence[Pack]", *, n_workers: int) -> Iterator[None]:
        """Show progress until the block ends."""
        progress = _Progress(out, packs, n_workers=n_workers)
        if self.console.is_terminal:
            from rich.live import Live  # noqa: PLC0415 - heavy, and only here

            live = Live(
                get_renderable=progress.table, console=self.console, refresh_per_second=1 / REFRESH_S, transient=True
            )
            with live:
                yield
            return
        ended = threading.Event()
        thread = threading.Thread(target=self._lines, args=(progress, ended), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _lines(self, progress: "_Progress", ended: threading.Event) -> None:
        with suppress(OSError):  # a full disk, or a reader that has gone, is no reason to stop training
            self.console.print(progress.line(), soft_wrap=True)
            while not ended.wait(LINE_EVERY_S):
                self.console.print(progress.line(), soft_wrap=True)


class _Progress:
    """Packs done and in progress, and how long the rest will take."""

    def __init__(self, out: Path, packs: "Sequence[Pack]", *, n_workers: int) -> None:
        self.out, self.packs, self.n_workers = out, {pack.pack_id: pack for pack in packs}, n_workers
        self.began = time.monotonic()
        self._parts = Workspace(out).store / "parts"
        self._done: set[str] = set()

    def _finished(self) -> set[str]:
        """Packs that have committed, or recorded that they failed, since the submission began."""
        for table in ("runs", "failures"):
            names = {path.name.rpartition("-")[0] for path in (self._parts / table).glob("*.parquet")}
            self._done |= names & self.packs.keys()
        return self._done

    def _now(self) -> tuple[int, int, list[Heartbeat], float | None]:
        """Runs done, runs in all, packs in progress, and seconds left."""
        done = self._finished()
        beats = [b for b in Heartbeats(self.out).read() if b.pack_id in self.packs and b.pack_id not in done]
        n_done = sum(len(self.packs[pack_id].specs) for pack_id in done)
        n_all = sum(len(pack.specs) for pack in self.packs.values())
        return n_done, n_all, beats, self._left(done, beats)

    def _left(self, done: set[str], beats: list[Heartbeat]) -> float | None:
        """Estimated work left over the workers, scaled by actual over estimated time so far; at least the longest."""
        fractions = {beat.pack_id: beat.fraction for beat in beats}
        share = {pack_id: 1.0 if pack_id in done else fractions.get(pack_id, 0.0) for pack_id in self.packs}
        worked = sum(pack.seconds * share[pack_id] for pack_id, pack in self.packs.items())
        rest = sum(pack.seconds for pack in self.packs.values()) - worked
        elapsed = time.monotonic() - self.began
        if worked <= 0:
            return None
        busy = min(self.n_workers, len(self.packs))
        longest = max((beat.seconds_left or 0.0 for beat in beats), default=0.0)
        return max(rest / worked * elapsed if busy else 0.0, longest)

    def line(self) -> str:
        """One dated line."""
        n_done, n_all, beats, left = self._now()
        doing = "; ".join(f"{_what(beat)}, {duration(beat.seconds_left)} left" for beat in beats) or "starting workers"
        return f"{time.strftime('%H:%M:%S')}  {n_done} of {n_all} runs done, {duration(left)} left  |  {doing}"

    def table(self) -> "RenderableType":
        """A live table: a row for every pack in progress."""
        from rich.console import Group  # noqa: PLC0415 - heavy, and only here
        from rich.progress_bar import ProgressBar  # noqa: PLC0415
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        n_done, n_all, beats, left = self._now()
        table = Table(box=None, pad_edge=False)
        for name in ("study", "runs", "at", "", "left"):
            table.add_column(name, justify="right" if name in {"runs", "left"} else "left")
        for beat in beats:
            bar = ProgressBar(total=1.0, completed=beat.fraction, width=24)
            where = (plain(beat.study), str(len(beat.run_ids)), plain(beat.where))
            table.add_row(*where, bar, duration(beat.seconds_left))
        elapsed = duration(time.monotonic() - self.began)
        said = f", {elapsed} so far, {duration(left)} left; Ctrl-C keeps all"
        head = Text.assemble((f"{n_done} of {n_all} runs done", "bold"), said)
        return Group(head, table if beats else "starting workers: importing torch takes a few seconds")


def _what(beat: Heartbeat) -> str:
    return plain(f"{beat.study} ({len(beat.run_ids)}): {beat.where}")
