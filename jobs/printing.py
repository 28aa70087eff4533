"""Tables for people."""

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from jobs.display import duration
from jobs.heartbeats import Heartbeat
from jobs.planning import Plan
from jobs.standing import STATES, Standing, standing
from jobs.sweep import Run

STYLES = {"done": "green", "running": "cyan", "failed": "red", "pending": "dim"}
PIPE_WIDTH = 160
"""Columns where there is no terminal: nothing is cut from what a script reads."""


def console() -> Console:
    """Standard output, as wide as the terminal or wide enough for a pipe."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=PIPE_WIDTH)


def _table(*columns: str, right: Sequence[str] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", no_wrap=column == "run")
    return table


def runs_table(records: Sequence[dict[str, Any]]) -> None:
    """A row a run, and how many there are in each state."""
    table = _table("run", "study", "section", "what", "parameters", "state", right=["parameters"])
    for r in records:
        state = Text(r["state"], style=STYLES[r["state"]])
        table.add_row(r["run_id"], r["study"], r["section"], r["label"], f"{r['n_params']:,}", state)
    counts = Counter(r["state"] for r in records)
    said = ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state])
    out = console()
    out.print(table)
    out.print(f"{len(records)} runs: {said}")


def plan_table(plan: Plan) -> None:
    """A row a task."""
    out = console()
    if not plan.tasks:
        out.print(f"nothing is pending: {plan.n_done} of {plan.n_runs} runs are done, {plan.n_failed} failed")
        return
    table = _table(
        "task", "studies", "packs", "runs", "minutes", "memory GiB", right=["packs", "runs", "minutes", "memory GiB"]
    )
    for r in plan.records():
        numbers = (str(r["n_packs"]), str(r["n_runs"]), f"{r['minutes']:.1f}", f"{r['memory_gb']:.1f}")
        table.add_row(f"{r['task']:02d}", ", ".join(r["studies"]), *numbers)
    out.print(table)
    n_pending = sum(len(pack.specs) for task in plan.tasks for pack in task)
    out.print(
        f"{n_pending} of {plan.n_runs} runs pending in {len(plan.tasks)} tasks: about {duration(60 * plan.minutes)} "
        f"on {plan.n_workers} worker(s), no GPU hours"
    )


def show_status(runs: Sequence[Run], out: Path, *, watch: bool, refresh_s: float = 1.0) -> None:
    """Print where the sweep stands, once or until nothing runs."""
    screen = console()
    if not watch or not screen.is_terminal:
        screen.print(_status(runs, standing(out)))
        return
    with Live(_status(runs, standing(out)), console=screen, auto_refresh=False) as live:
        while (now := standing(out)).running:
            live.update(_status(runs, now), refresh=True)
            time.sleep(refresh_s)
        live.update(_status(runs, now), refresh=True)


def _status(runs: Sequence[Run], now: Standing) -> Group:
    table = _table("study", *STATES, right=STATES)
    for study in dict.fromkeys(run.study.name for run in runs):
        counts = now.counts([run for run in runs if run.study.name == study])
        table.add_row(study, *(Text(str(counts[s] or "·"), style=STYLES[s]) for s in STATES))
    total = now.counts(runs)
    table.add_row("all", *(Text(str(total[s] or "·"), style=f"bold {STYLES[s]}") for s in STATES))
    return Group(table, *_progress(runs, now), *_failures(runs, now), *(Text(text) for text in now.damaged))


def _progress(runs: Sequence[Run], now: Standing) -> list[Text]:
    shown = {run.run_id for run in runs}
    beats = {beat.pack_id: beat for run_id, beat in now.running.items() if run_id in shown}
    return [Text(f"running  {_what(beat)}, {duration(beat.seconds_left)} left") for beat in beats.values()]


def _what(beat: Heartbeat) -> str:
    return f"{beat.study}: {len(beat.run_ids)} run(s), {beat.unit} {beat.step} of {beat.n_steps}"


def _failures(runs: Sequence[Run], now: Standing) -> list[Text]:
    return [
        Text(f"failed   {run.run_id} {run.study.name} {run.label}: {now.failed[run.run_id].message}", style="red")
        for run in runs
        if now.state(run.run_id) == "failed"
    ]
