"""Submissions as a user sees them: what they say, and their exit codes."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from jobs.cli.display import Display, duration
from jobs.cli.lines import console, line
from jobs.project import Project
from jobs.status import Status
from jobs.sweep import Device, Run
from results.plain import amount

if TYPE_CHECKING:
    from jobs.cli.page_job import PageJob
    from jobs.submission.local import Outcome
    from jobs.submission.notice import NoticeJob
    from slurm.profiles import Profile

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


def submit_locally(  # noqa: PLR0913 - all by name but the runs and their project
    runs: Sequence[Run],
    project: Project,
    *,
    out: Path,
    n_workers: int,
    device: Device,
    shared: bool = False,
    webhook: str = "",
) -> int:
    """Train what is pending and say how it went; 0 if every run is done, 1 if one is not, 130 if interrupted.

    `webhook`: address that is told once something was trained to its end, or has failed.
    """
    from jobs.submission.local import submit  # noqa: PLC0415 - not with a cluster

    screen = console()
    display = Display(screen)
    outcome = submit(runs, project, out=out, n_workers=n_workers, device=device, display=display, shared=shared)
    _say(screen, [f"task {error}" for error in outcome.errors], _ended(runs, outcome.after), _trained(runs, outcome))
    if outcome.interrupted:
        return INTERRUPTED
    if webhook and outcome.seconds:
        from jobs.submission.notice import notice as ended  # noqa: PLC0415 - only where it is asked for
        from jobs.worker.notices import post  # noqa: PLC0415

        _say(screen, [post(webhook, ended(runs, project, outcome.after, out))])
    return _code(runs, outcome.after)


def submit_to_cluster(  # noqa: PLR0913 - all but the first by name
    runs: Sequence[Run],
    project: Project,
    *,
    out: Path,
    profile: "Profile",
    n_workers: int | None,
    device: Device,
    wait: bool,
    shared: bool = False,
    page: "PageJob | None" = None,
    notice: "NoticeJob | None" = None,
) -> int:
    """Hand what is pending to Slurm and say what was; with `wait`, stay until it has ended and say how it went.

    `page`, `notice`: what the last jobs call.

    Returns:
        0 if Slurm has it or, with `wait`, every run is done; 1 if one failed or was lost; 130 if the wait was
        interrupted, which the jobs do not notice.
    """
    from jobs.cli.wait import wait as waited  # noqa: PLC0415 - only where it is asked for
    from jobs.submission.cluster import submit  # noqa: PLC0415 - imports submitit and pydantic

    screen = console()
    made = submit(
        runs,
        project,
        out=out,
        profile=profile,
        n_workers=n_workers,
        device=device,
        shared=shared,
        page=page,
        notice=notice,
    )
    lines = list(made.before.damaged)
    for submission in made.submissions:
        jobs = ", ".join(f"{submission.job_id(array)}[0-{array.n - 1}]" for array in submission.arrays)
        n_elements = len(submission.tasks)
        lines.append(f"submission {submission.id}: {n_elements} job(s), array {jobs}")
    if made.n_runs:
        made_of = f"{amount(made.n_runs, 'run')} in {amount(made.n_tasks, 'task')}"
        lines.append(f"{made_of} handed to Slurm with profile {profile.name}")
        lines += [] if wait else ["`hw1 status --watch` shows them, `hw1 cancel` takes them back"]
    else:
        lines += _nothing(runs, made.before)
    if page is not None:
        lines.append("the last job collects them and draws the page: `hw1 logs report` shows its log")
    if made.tells:
        lines.append("once all has ended you are told, as the profile says: `hw1 logs notice` shows how that went")
    _say(screen, lines)
    if not wait:
        return 1 if made.before.counts(runs)["failed"] else 0
    try:
        now = waited(runs, out, poll_s=profile.poll_s)
    except KeyboardInterrupt:
        _say(screen, ["the jobs go on without this command: `hw1 status --watch` shows them"])
        return INTERRUPTED
    _say(screen, _ended(runs, now), _total(runs, now))
    return _code(runs, now)


def watch(runs: Sequence[Run], out: Path) -> None:
    """Show where the sweep stands until nothing of it runs or is queued."""
    from jobs.cli.wait import wait as waited  # noqa: PLC0415 - only where it is asked for

    _say(console(), _total(runs, waited(runs, out, poll_s=1.0)))


def _nothing(runs: Sequence[Run], now: Status) -> list[str]:
    counts = now.counts(runs)
    if counts["running"] + counts["queued"]:
        return [f"nothing new to submit: {counts['running']} runs are running and {counts['queued']} queued"]
    return _total(runs, now)


def _code(runs: Sequence[Run], now: Status) -> int:
    return 0 if now.counts(runs)["done"] == len(runs) else 1


def _say(screen: Console, *groups: Sequence[str]) -> None:
    for text in (text for group in groups for text in group):
        screen.print(line(text), soft_wrap=True)


def _ended(runs: Sequence[Run], now: Status) -> list[str]:
    """The runs that failed and the jobs that were lost, and what to do about them."""
    states = {run.run_id: now.state(run.run_id) for run in runs}
    failed = [run for run in runs if states[run.run_id] == "failed"]
    lines = [f"failed: {run.run_id} {run.study.name} {run.label}: {now.why(run.run_id)}" for run in failed]
    lost = {id(now.lost[run_id]): now.lost[run_id] for run_id, state in states.items() if state == "lost"}
    for job in lost.values():
        n = sum(states.get(run_id) == "lost" for run_id in job.keys)
        lines.append(f"lost: {n} run(s) of job {job.job_id or '–'}: {job.reason} (the same command goes on with them)")
    again = "`hw1 logs RUN` tells why, `hw1 retry` makes them pending again"
    return [*lines, f"{len(failed)} run(s) failed: {again}"] if failed else lines


def _trained(runs: Sequence[Run], outcome: "Outcome") -> list[str]:
    counts = outcome.after.counts(runs)
    took = f"{duration(outcome.seconds)} ({duration(outcome.estimated_s)} estimated)"
    lines = [f"trained {amount(outcome.n_trained, 'run')} in {took}"] if outcome.n_trained else []
    if outcome.interrupted and counts["done"] < len(runs):
        said = "checkpoints are kept: the same command continues"
        return [*lines, f"stopped with {counts['done']} of {len(runs)} runs done; {said}"]
    return [*lines, *_total(runs, outcome.after)]


def _total(runs: Sequence[Run], now: Status) -> list[str]:
    counts = now.counts(runs)
    if counts["done"] == len(runs):
        all_ = f"all {len(runs)} runs are" if len(runs) > 1 else "the run is"
        return [f"{all_} done: `hw1 report` draws the figures"]
    queued = f", {counts['queued'] + counts['running']} are queued or running in Slurm" * bool(counts["queued"])
    return [f"{counts['done']} of {len(runs)} runs are done{queued}"]
