"""The benchmark as printed tables."""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from hw1.bench.preset import NAME, TITLE, Part
from jobs.cli.display import duration
from results.bench import FLOOR, US, Row, ratios
from results.plain import plain


def summary(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """A record a work and side: medians over rounds of seconds and of ratios, for a script too."""
    records = []
    for work, side in dict.fromkeys((row["work"], row["side"]) for row in rows):
        own = [row for row in rows if (row["work"], row["side"]) == (work, side)]
        sound = [row for row in own if not row["void"]]
        found = ratios(rows, work, side)
        records.append(
            {
                "work": work,
                "title": own[0]["title"],
                "side": side,
                "rounds": len({row["round"] for row in sound}),
                "seconds": statistics.median(row["seconds"] for row in sound) if sound else None,
                "setup_seconds": statistics.median(row["setup_seconds"] for row in sound) if sound else None,
                "ratio": statistics.median(found) if found else None,
                "ratio_lowest": min(found, default=None),
                "ratio_highest": max(found, default=None),
                "extrapolated": own[-1]["extrapolated"],
                "checked": own[-1]["checked"],
                "difference": max((row["difference"] for row in sound if row["difference"] is not None), default=None),
                "void": next((row["void"] for row in own if row["void"]), ""),
            }
        )
    return records


def tables(rows: Sequence[Row], preset: Sequence[Part]) -> Group:
    """A row a side of every work, and what stands against it."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "seconds", "start", "ratio", "range", "numbers", "how"):
        table.add_column(name, justify="right" if name in {"seconds", "start", "ratio", "range"} else "left")
    title = ""
    for record in summary(rows):
        if record["title"] != title:
            title = record["title"]
            table.add_row(Text(title, style="bold"))
        table.add_row(*_cells(record))
    for study in dict.fromkeys(part.study for part in preset):
        table.add_row(Text(f"study {study}" if study else TITLE, style="bold"))
        of = [part for part in preset if part.study == study]
        ours = next(part.seconds for part in of if part.side == US)
        for part in of:
            ratio = _times(part.seconds / ours)
            table.add_row(f"  {part.side}", _number(part.seconds), "", ratio, "", "", part.how)
    note = (
        "ratio: a peer's seconds by ours of the same round; start: what is made once a session and not in the seconds; "
        "floor: the arithmetic at the peak of this machine's matrix products"
    )
    return Group(table, Text(note, style="dim"))


def _cells(record: Mapping[str, Any]) -> list[Text | str]:
    side = f"  {record['side']}"
    if record["seconds"] is None:
        return [side, "–", "", Text("void", style="red"), "", Text(plain(record["void"]), style="red"), ""]
    ratio, low, high = record["ratio"], record["ratio_lowest"], record["ratio_highest"]
    span = f"{_times(low)}–{_times(high)}" if ratio is not None and record["rounds"] > 1 else ""
    same = Text(f"same to {record['difference']:.2f} of tolerance" if record["difference"] is not None else "")
    if record["void"]:
        same = Text(plain(f"void in a round: {record['void']}"), style="red")
    start = _number(record["setup_seconds"]) if record["side"] not in {US, FLOOR} else ""
    shown = "" if ratio is None else _times(ratio)
    return [side, _number(record["seconds"]), start, Text(shown, style="bold"), span, same, record["extrapolated"]]


def _times(ratio: float) -> str:
    return f"×{ratio:.3g}" if ratio < 1000 else f"×{ratio:,.0f}"  # noqa: PLR2004 - three digits


def _number(seconds: float) -> str:
    digits = 3 if seconds < 1 else 1 if seconds < 100 else 0  # noqa: PLR2004 - three significant ones or so
    return f"{seconds:,.{digits}f}"


def progress(what: str, k: int, n: int, left_s: float | None) -> str:
    """One line on what is being measured."""
    rest = "" if left_s is None or math.isnan(left_s) else f", {duration(left_s)} left"
    return f"{k} of {n} rounds of works done{rest}  |  {what}"


def preset_rows(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """The preset's seconds as records."""
    return [
        {
            "work": p.study or NAME,
            "title": p.study or TITLE,
            "side": p.side,
            "seconds": p.seconds,
            "extrapolated": p.how,
        }
        for p in parts
    ]
