"""The report's section on speed: what `hw1 bench` measured."""

import statistics
from collections.abc import Sequence
from typing import Any

from analysis import names
from analysis.figure import Figure
from analysis.figures import speed
from analysis.summary import Table
from results.bench import US, Row, ratios

HEADING = "Speed"
_LEAD = (
    "The same work done by hw1 and by what a user would pick instead, on one machine, in turn within every "
    "round. A ratio is a peer's time by ours in the same round; where a peer's numbers were not ours to the tolerance, "
    "it does not count."
)


def figure(rows: Sequence[Row], number: int) -> Figure:
    """The figure, after all others."""
    return Figure(
        number=number,
        slug="speed",
        title="Time that other ways take for the same work",
        caption="Dot: median over rounds; line: fastest to slowest round. Logarithmic axis. Floor: the work's "
        "arithmetic at the measured peak of the machine's matrix products.",
        alt="For every work, a dot for each peer at how many times longer than hw1 it takes, with hw1 as a line at 1.",
        draw=lambda _: speed.figure(rows),
        table=None,
    )


def section(rows: Sequence[Row], shown: dict[str, Any]) -> dict[str, Any]:
    """Values that the templates show."""
    machines = {f"{row['cpu']}, {row['n_cpus']} core(s)" for row in rows}
    return {
        "heading": HEADING,
        "lead": f"{_LEAD} Measured on {'; '.join(sorted(machines))}.",
        "table": Table(header=("work", "side", "seconds", "ratio", "rounds", "how"), rows=tuple(_lines(rows))),
        "figure": shown,
        "command": ["hw1 bench", "hw1 report"],
    }


def _lines(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """A line a work and side."""
    lines: list[tuple[str, ...]] = []
    for work, title, side in dict.fromkeys((row["work"], row["title"], row["side"]) for row in rows):
        own = [row for row in rows if (row["work"], row["side"]) == (work, side)]
        sound, found = [row for row in own if not row["void"]], ratios(rows, work, side)
        seconds = names.number(statistics.median(row["seconds"] for row in sound), 3) if sound else "void"
        ratio = f"×{names.number(statistics.median(found), 3)}" if found else "1" if side == US else ""
        why = next((row["void"] for row in own if row["void"]), own[-1]["extrapolated"])
        lines.append((title, side, seconds, ratio, str(len({row["round"] for row in sound})), why))
    return lines
