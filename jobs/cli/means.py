"""Means of a study's metrics as tables that fit into a terminal."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from jobs.cli.lines import console, line, table_of
from jobs.spec import shown
from results.plain import plain

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import Console


def means_table(study: str, by: Sequence[str], metrics: Sequence[str], found: "pa.Table") -> None:
    """A row a combination of parameters: each metric's mean, its interval's half width, and the number of runs.

    Metrics that have no room beside each other in a terminal come one table below the other.
    """
    if not metrics:
        console().print(line(f"{study}: its runs have no metric that is a number"))
        return
    rows = found.to_pylist()
    columns = {name: [_mean(row[name], row[f"{name} ±"]) for row in rows] for name in metrics}
    apart = {name: [plain(shown(row[name])) for row in rows] for name in by}
    apart["runs"] = [str(max((row[f"{name} n"] for name in metrics), default=0)) for row in rows]
    taken = sum(_width(*each) for each in apart.items())
    widths = {name: _width(name, column) for name, column in columns.items()}
    out = console(at_least=taken + sum(widths.values()))
    out.print(line(f"{study}: mean ± half of its 95% interval", style="bold"))
    for block in _blocks(widths, out.width - taken + _GAP):
        told = {**{name: apart[name] for name in by}, **{name: columns[name] for name in block}, "runs": apart["runs"]}
        _print(out, told, right={*block, "runs"})


def _print(out: "Console", columns: Mapping[str, Sequence[str]], *, right: Collection[str]) -> None:
    """As lines of text where they fit: a table of rich's takes a tenth of a second for 100 rows."""
    widths = {name: _width(name, column) - _GAP for name, column in columns.items()}
    rows = zip(*columns.values(), strict=True)
    if sum(widths.values()) + _GAP * (len(widths) - 1) > out.width:
        table = table_of(*columns, right=[*right])
        for row in rows:
            table.add_row(*row)
        out.print(table)
        return

    def line_of(row: Sequence[str]) -> str:
        spaces = {name: " " * (width - cell_len(cell)) for (name, width), cell in zip(widths.items(), row, strict=True)}
        cells = zip(row, spaces.items(), strict=True)
        return (" " * _GAP).join(space + cell if name in right else cell + space for cell, (name, space) in cells)

    out.print(Text(line_of([*columns]), style="bold"), soft_wrap=True)
    out.file.writelines(f"{line_of(row)}\n" for row in rows)


_GAP = 2
"""Characters between two columns."""


def _width(name: str, column: Sequence[str]) -> int:
    """Of a column, with the gap beside it."""
    return max(map(cell_len, (name, *column))) + _GAP


def _blocks(widths: Mapping[str, int], room: int) -> list[list[str]]:
    """Names in their order, as many together as there is room for.

    >>> _blocks({"a": 4, "b": 5, "c": 30, "d": 2}, 10)
    [['a', 'b'], ['c'], ['d']]
    """
    blocks: list[list[str]] = []
    left = 0
    for name, width in widths.items():
        if not blocks or width > left:
            blocks.append([])
            left = room
        blocks[-1].append(name)
        left -= width
    return blocks or [[]]


def _mean(value: float | None, half: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if half is None else f"{value:.4g} ± {half:.2g}"
