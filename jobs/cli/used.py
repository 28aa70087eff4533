"""Asked against used, by study, as `status` and `plan` print it."""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.cli.lines import console, table_of
from jobs.sweep import Run
from results import usage
from results.energy import Factors, by_study, energy
from results.layout import layout
from results.plain import plain

if TYPE_CHECKING:
    from rich.console import Console

NOTHING = "used     nothing is known yet: runs that are done tell, from this version on"


def show_used(runs: Sequence[Run], out: Path, factors: Factors) -> None:
    """Print what the jobs of each study had and used, and what a profile could ask for next time; and energy."""
    screen, rows = console(), _rows(runs, out)
    told = usage.usages(rows)
    found = {name: told[name] for name in dict.fromkeys(run.study.name for run in runs) if name in told}
    if not found:
        screen.print(NOTHING)
        return
    _print_table(screen, found)
    _print_advice(screen, found)
    of = by_study(rows, factors) if len(found) > 1 else {}
    lines = [*(f"{name}: {of[name]}" for name in found if name in of), "all: " * bool(of) + energy(rows, factors)]
    for line in lines:
        for text in textwrap.wrap(f"energy   {plain(line)}", 80, subsequent_indent=9 * " "):
            screen.print(text)


def _print_table(screen: "Console", found: dict[str, usage.Usage]) -> None:
    table = table_of(*usage.HEADER, right=("asked", "median", "highest"))
    before = ""
    for study, *line in usage.table(found):
        table.add_row("" if study == before else plain(study), *line)
        before = study
    screen.print(table)


def _print_advice(screen: "Console", found: dict[str, usage.Usage]) -> None:
    """Print the values with which a profile fits all of the studies, as its file has them."""
    for text in textwrap.wrap(usage.MARGINS, 80):
        screen.print(text)
    if len(found) > 1:
        screen.print("of all of them:")
        screen.print("\n".join(f"{key} = {value}" for key, value in usage.advice(found.values()).items()))


def _rows(runs: Sequence[Run], out: Path) -> list[dict[str, object]]:
    """Use of these runs, as the store has it."""
    if not layout(out).is_there():
        return []
    from results.store import Store  # noqa: PLC0415 - imports pyarrow, which takes longer than all else here

    chosen = {run.run_id for run in runs}
    read = Store(out, only_looks=True).read_all(["runs"], {"runs": ("run_id", *usage.COLUMNS)})["runs"]
    return [row for row in read.to_pylist() if row["run_id"] in chosen]
