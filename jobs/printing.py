"""Tables for people."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from jobs.display import duration
from jobs.heartbeats import Heartbeat
from jobs.planning import Plan
from jobs.standing import STATES, Standing, standing
from jobs.sweep import Run

if TYPE_CHECKING:
    from slurm.profiles import Profile

STYLES = {
    "done": "green",
    "running": "cyan",
    "queued": "blue",
    "failed": "red",
    "lost": "magenta",
    "pending": "dim",
}
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
        f"on {plan.n_workers} worker(s), {plan.gpu_hours:.1f} GPU hours"
    )


def profiles_table(files: Mapping[str, Path], own: Path) -> None:
    """A row a profile, and where a user's own belong."""
    from slurm.profiles import ProfileError, load  # noqa: PLC0415 - imports pydantic

    table = _table("profile", "what for", "from")
    for name, path in files.items():
        try:
            said = load(str(path)).description
        except ProfileError:
            said = f"has mistakes: see hw1 profiles {name}"
        table.add_row(name, said, "your own" if path.parent == own else "built in")
    out = console()
    out.print(table)
    out.print(f"your own are files {own}/NAME.toml; `hw1 profiles NAME` shows one", soft_wrap=True)


def profile_table(profile: "Profile") -> None:
    """A row a value, with its unit and meaning."""
    from slurm.profiles import described  # noqa: PLC0415 - imports pydantic

    table = _table("field", "value", "meaning")
    for field, value, meaning in described(profile):
        table.add_row(field, value or "–", meaning)
    out = console()
    out.print(f"{profile.name}, from {profile.origin}", soft_wrap=True)
    out.print(table)


def show_status(runs: Sequence[Run], out: Path) -> None:
    """Print where the sweep stands."""
    console().print(status_table(runs, standing(out)))


def status_table(runs: Sequence[Run], now: Standing) -> Group:
    """A row a study, then what runs and what went wrong."""
    table = _table("study", *STATES, right=STATES)
    for study in dict.fromkeys(run.study.name for run in runs):
        counts = now.counts([run for run in runs if run.study.name == study])
        table.add_row(study, *(Text(str(counts[s] or "·"), style=STYLES[s]) for s in STATES))
    total = now.counts(runs)
    table.add_row("all", *(Text(str(total[s] or "·"), style=f"bold {STYLES[s]}") for s in STATES))
    lines = [*_progress(runs, now), *_jobs(runs, now), *_failures(runs, now), *(Text(text) for text in now.damaged)]
    return Group(table, *lines)


def _progress(runs: Sequence[Run], now: Standing) -> list[Text]:
    shown = {run.run_id for run in runs}
    beats = {beat.pack_id: beat for run_id, beat in now.running.items() if run_id in shown}
    return [Text(f"running  {_what(beat)}, {duration(beat.seconds_left)} left") for beat in beats.values()]


def _jobs(runs: Sequence[Run], now: Standing) -> list[Text]:
    """What Slurm has of these runs, or had and has no more."""
    shown = {run.run_id for run in runs}
    lines = [Text(f"Slurm    does not answer ({now.cluster.silent}): as far as was known", style="yellow")]
    lines = lines if now.cluster.silent else []
    waiting = Counter[str]()
    for element in now.cluster.elements:
        left = [key for key in element.keys if key in shown and now.state(key) in {"queued", "lost"}]
        job = f"job {element.job_id or '–'} {', '.join(element.submission.tasks[element.number])}"
        if not left:
            continue
        if element.state == "queued":
            waiting[element.reason or "just submitted"] += 1
        elif element.state == "running" and not now.has_begun(element):
            lines.append(Text(f"starting {job} on {element.node}"))
        elif element.state in {"failed", "lost"}:
            lines.append(Text(f"lost     {job}: {element.reason}; the next submission continues", style="magenta"))
    return [*lines, *(Text(f"queued   {n} job(s): {reason}") for reason, n in waiting.items())]


def _what(beat: Heartbeat) -> str:
    return f"{beat.study}: {len(beat.run_ids)} run(s), {beat.where}"


def _failures(runs: Sequence[Run], now: Standing) -> list[Text]:
    return [
        Text(f"failed   {run.run_id} {run.study.name} {run.label}: {now.why(run.run_id)}", style="red")
        for run in runs
        if now.state(run.run_id) == "failed"
    ]
