"""Tables for the terminal."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.text import Text

from jobs.cli.display import duration
from jobs.cli.lines import console, line, table_of
from jobs.plan.calibration import Sum, held
from jobs.plan.plan import Plan
from jobs.project import Project
from jobs.status import LAST, NOTICE, PAGE, STATES, Status, status
from jobs.sweep import Run
from jobs.worker.heartbeats import Heartbeat
from results.layout import layout
from results.plain import amount, plain
from results.processors import COLUMNS, mixture, processors

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
STATE_WIDTH = max(map(len, STYLES))


def runs_table(runs: Sequence[Run], now: Status) -> None:
    """A row a run, and how many there are in each state. Lines of text: a table of rich's takes a second for 2,000."""
    out, head = console(), ("run", "study", "section", "what", "parameters")
    rows = [(run.run_id, run.study.name, run.study.section, run.label, _count(run.spec.n_params)) for run in runs]
    told = [k for k in range(len(head)) if any(row[k] not in {"", "–"} for row in rows)]
    widths = {head[k]: max(len(row[k]) for row in (head, *rows)) for k in told}
    shown = _fitting(widths, out.width - STATE_WIDTH if out.is_terminal else None)
    at = [head.index(name) for name in shown]
    format_ = "  ".join(f"{{:{'>' * (name == 'parameters')}{n}}}" for name, n in shown.items()).format

    def line(row: Sequence[str]) -> str:
        return format_(*(_cut(row[k], n) for k, n in zip(at, shown.values(), strict=True)))

    styled = {state: _styled(out, state, STYLES[state]) for state in STATES}
    out.print(line(head), " state", style="bold", soft_wrap=True)
    states = (styled[now.state(run.run_id)] for run in runs)
    out.file.writelines(f"{line(row)}  {state}\n" for row, state in zip(rows, states, strict=True))
    said = ", ".join(f"{n} {state}" for state, n in now.counts(runs).items() if n)
    out.print(f"{amount(len(runs), 'run')}: {said}")
    for text in _waiting(runs, now):
        out.print(text, soft_wrap=True)


def _waiting(runs: Sequence[Run], now: Status) -> list[str]:
    """A line for each study whose runs wait for those of another one."""
    return [
        f"waiting  {n} run(s) of {study}, for {n_missing} of {other}"
        for (study, other), (n, n_missing) in now.waiting(runs).items()
    ]


def _fitting(widths: Mapping[str, int], width: int | None) -> dict[str, int]:
    """The columns of `list` that a terminal has room for: without two of them, then with a shorter `what`."""
    left = dict(widths)
    for name in [name for name in ("section", "parameters") if name in left]:
        if width is not None and sum(left.values()) + 2 * len(left) > width:
            del left[name]
    if width is not None:
        over = sum(left.values()) + 2 * len(left) - width
        left["what"] = max(len("what"), left["what"] - max(0, over))
    return left


def _cut(text: str, width: int) -> str:
    """A name whose middle is left out: its end tells runs apart."""
    head, tail = width // 2, (width - 1) // 2
    return text if len(text) <= width else f"{text[:head]}…{text[len(text) - tail :]}"


def _count(n: int | None) -> str:
    return "–" if n is None else f"{n:,}"


def _styled(out: Console, text: str, style: str) -> str:
    """The text with what colours it on this console."""
    with out.capture() as captured:
        out.print(text, style=style, end="")
    return captured.get()


def plan_table(plan: Plan) -> None:
    """A row a task."""
    out = console()
    if not plan.tasks:
        out.print(f"nothing is pending: {plan.n_done} of {plan.n_runs} runs are done, {plan.n_failed} failed")
        return
    counted = ["packs", "runs", "minutes", "memory GiB", *["GPUs"] * bool(plan.n_gpus)]
    records = plan.records()
    after = ["after"] * any(r["after"] for r in records)
    table = table_of("task", "studies", *counted, *after, right=counted)
    for r in records:
        numbers = (str(r["n_packs"]), str(r["n_runs"]), f"{r['minutes']:.1f}", f"{r['memory_gb']:.1f}", str(r["gpus"]))
        table.add_row(
            f"{r['task']:02d}", ", ".join(r["studies"]), *numbers[: len(counted)], *[_spans(r["after"])] * len(after)
        )
    out.print(table)
    n_pending = sum(len(pack.specs) for task in plan.tasks for pack in task)
    out.print(
        f"{n_pending} of {plan.n_runs} runs pending in {amount(len(plan.tasks), 'task')}: "
        f"about {duration(60 * plan.minutes)} on {plan.n_workers} worker(s)"
        f"{f', {plan.gpu_hours:.1f} GPU hours' * bool(plan.n_gpus)}"
    )
    out.print(
        f"estimated from how {plan.n_packs_before} packs of this store went"
        if plan.n_packs_before
        else f"estimated from {' and '.join(plan.bases)}; calibrated once packs of this store have finished"
    )


def _spans(numbers: Sequence[int]) -> str:
    """Numbers of tasks, those in a row as one span.

    >>> _spans([0, 1, 2, 5])
    '00-02, 05'
    """
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][-1] + 1:
            spans[-1] = [spans[-1][0], number]
        else:
            spans.append([number])
    return ", ".join("-".join(f"{each:02d}" for each in span) for span in spans)


def profiles_table(files: Mapping[str, Path]) -> None:
    """A row a profile, and where a user's own belong."""
    from slurm.profiles import ProfileError, load, places, where  # noqa: PLC0415 - imports pydantic

    table, own = table_of("profile", "what for", "from"), where()
    for name, path in files.items():
        try:
            said = load(str(path)).description
        except ProfileError:
            said = f"has mistakes: see hw1 profiles {name}"
        table.add_row(plain(name), plain(said), "your own" if path.parent == own else "built in")
    out = console()
    out.print(table)
    out.print(line(places()), soft_wrap=True)  # a path stays whole
    out.print("`hw1 profiles NAME` shows one")


def profile_table(profile: "Profile") -> None:
    """A row a value, with its unit and meaning."""
    from slurm.profiles import described  # noqa: PLC0415 - imports pydantic

    table = table_of("field", "value", "meaning")
    for row in described(profile):
        table.add_row(*(plain(text) or "–" for text in row))
    out = console()
    out.print(line(f"{profile.name}, from {profile.origin}"), soft_wrap=True)
    out.print(table)


def show_status(runs: Sequence[Run], project: Project, out: Path, *, with_time: bool) -> None:
    """Print where the sweep stands and what is left of it; with `with_time`, estimated beside actual times."""
    screen, now = console(), status(out)
    screen.print(status_table(runs, now))
    held = estimates_held(out, {run.study.name for run in runs}) if with_time else []
    for text in (*_waiting(runs, now), *_left(runs, now, project, out), *held, *mixed_processors(out)):
        screen.print(text, soft_wrap=not screen.is_terminal, markup=False)


def _left(runs: Sequence[Run], now: Status, project: Project, out: Path) -> list[str]:
    """A line on the time that the whole sweep still takes; none once nothing is left of it."""
    from jobs.plan.left import left  # noqa: PLC0415 - only where it is asked

    rest = left(runs, now, project, out=out)
    if not rest.n_runs:
        return []
    hours = f", {rest.gpu_hours:.1f} GPU hours" * bool(rest.gpu_hours)
    trains = "" if now.running or now.queued else " once submitted"
    took = f"about {duration(rest.seconds)} on {rest.n_workers} worker(s){trains}{hours}"
    return [f"left     {rest.n_runs} run(s): {took}"]


def mixed_processors(out: Path) -> list[str]:
    """A line on the kinds of processor that trained this store's runs, if there are several."""
    if not layout(out).is_there():
        return []
    from results.store import Store  # noqa: PLC0415 - imports pyarrow, which takes longer than all else here

    found = mixture(processors(Store(out, only_looks=True).packs(*COLUMNS, "n_pack"), n_runs="n_pack"))
    return [f"mixed    {plain(found)}"] if found else []


def estimates_held(out: Path, studies: Collection[str]) -> list[str]:
    """Workers' time estimated and taken of the packs that are done; of each study and, of several, all."""
    sums = held(out, studies)
    total = Sum(*(sum(column) for column in zip(*sums.values(), strict=True))) if len(sums) > 1 else None
    every = [*sums.items(), *([("all packs done", total)] if total else [])]
    said = ((study, duration(of.estimated), duration(of.taken), of.ratio) for study, of in every)
    return [
        f"time     {study}: {estimated} of workers' time estimated, {taken} taken (× {ratio:.2f})"
        for study, estimated, taken, ratio in said
    ]


def status_table(runs: Sequence[Run], now: Status) -> Group:
    """A row a study, then what runs and what went wrong."""
    table = table_of("study", *STATES, right=STATES)
    counts = Counter(zip((run.study.name for run in runs), now.states(run.run_id for run in runs), strict=True))
    for study in dict.fromkeys(name for name, _ in counts):
        table.add_row(study, *(Text(str(counts[study, s] or "·"), style=STYLES[s]) for s in STATES))
    total = Counter[str]()
    for (_, state), n in counts.items():
        total[state] += n
    table.add_row("all", *(Text(str(total[s] or "·"), style=f"bold {STYLES[s]}") for s in STATES))
    lines = [*_progress(runs, now), *_jobs(runs, now), *_failures(runs, now), *map(line, now.damaged)]
    return Group(table, *lines)


def _progress(runs: Sequence[Run], now: Status) -> list[Text]:
    shown = {run.run_id for run in runs} if now.running else set()
    beats = {beat.pack_id: beat for run_id, beat in now.running.items() if run_id in shown}
    return [line(f"running  {_what(beat)}, {duration(beat.seconds_left)} left") for beat in beats.values()]


def _jobs(runs: Sequence[Run], now: Status) -> list[Text]:
    """Jobs that Slurm has of these runs, or had and has no more."""
    shown = {*LAST, *(run.run_id for run in runs)} if now.cluster.elements else set()
    lines = [line(now.silence, style="yellow")] if now.silence else []
    waiting = Counter[str]()
    for element in now.cluster.elements:
        left = [key for key in element.keys if key in shown and now.state(key) in {"queued", "lost"}]
        job = f"job {element.job_id or '–'} {', '.join(element.submission.tasks[element.number])}"
        if not left:
            continue
        if element.state == "queued":
            waiting[element.reason or "just submitted"] += 1
        elif element.state == "running" and not now.has_begun(element):
            lines.append(line(f"starting {job} on {element.node}"))
        elif element.state in {"failed", "lost"}:
            lines.append(line(f"lost     {job}: {element.reason}; {_remedy(left)}", style="magenta"))
    return [*lines, *(line(f"queued   {n} job(s): {reason}") for reason, n in waiting.items())]


def _remedy(left: Sequence[str]) -> str:
    """Advice on a job that was lost with these keys."""
    known = {PAGE: "`hw1 submit --report` draws the page", NOTICE: "nobody was told that the sweep has ended"}
    return known.get(left[0], "the next submission continues")


def _what(beat: Heartbeat) -> str:
    return f"{beat.study}: {len(beat.run_ids)} run(s), {beat.where}"


def _failures(runs: Sequence[Run], now: Status) -> list[Text]:
    return [
        line(f"failed   {run.run_id} {run.study.name} {run.label}: {now.why(run.run_id)}", style="red")
        for run in (runs if now.failed else ())
        if now.state(run.run_id) == "failed"
    ]
