"""Progress of a command that makes one thing after the other: on a terminal only."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from jobs.cli.display import duration
from jobs.cli.lines import console


@contextmanager
def counted(things: str) -> Iterator[Callable[[int, int], None]]:
    """A function to call with how many are made and how many there will be: shows both, and the time left."""
    screen = console()
    if not screen.is_terminal:
        yield lambda _n_made, _n: None
        return
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415 - heavy, and only here

    began = time.monotonic()
    with Progress(TextColumn("{task.description}"), BarColumn(24), console=screen, transient=True) as progress:
        task = progress.add_task(f"the first of the {things}", total=None)

        def show(n_made: int, n: int) -> None:
            left_s = (time.monotonic() - began) / max(n_made, 1) * (n - n_made)
            said = f"{n_made} of {n} {things}, {duration(left_s)} left"
            progress.update(task, completed=n_made, total=n, description=said)

        yield show
