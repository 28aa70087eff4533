"""Standard output, and lines and tables for it."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from results.plain import plain

PIPE_WIDTH = 160
"""Columns where there is no terminal: nothing is cut from what a script reads."""


def console(at_least: int = 0) -> Console:
    """Standard output, as wide as the terminal or wide enough for a pipe."""
    found = Console(highlight=False, markup=False, emoji=False)  # brackets and colons are text, whoever wrote them
    width = max(PIPE_WIDTH, at_least)
    return found if found.is_terminal else Console(highlight=False, markup=False, emoji=False, width=width)


def line(text: str, style: str = "") -> Text:
    """A line with whatever others wrote in it: Slurm's words, failures, names of nodes."""
    return Text(plain(text), style=style)


def table_of(*columns: str, right: Sequence[str] = ()) -> Table:
    """An empty table without lines, numbers at the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", no_wrap=column == "run")
    return table
