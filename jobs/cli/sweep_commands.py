"""The commands that look into a sweep and steer it: logs, cancel, retry, profiles, clean."""

from typing import Annotated

import typer

from jobs.cli.selection import Selection
from jobs.sweep import SweepError, unknown
from results.plain import plain


def logs(
    chosen: Selection,
    name: Annotated[
        str,
        typer.Argument(
            help="A run, by the first digits of its id; a task's name or number; a Slurm job; a submission.",
            metavar="RUN|TASK|JOB",
        ),
    ],
    *,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on as the log grows, until the run or job has ended.")
    ] = False,
) -> None:
    """The log of a run's pack, or what jobs printed: of a task, a Slurm job (123, 123_4) or a submission.

    Example: hw1 logs 3f2a -f
    """
    from jobs.submission.logs import found  # noqa: PLC0415 - imports submitit's side
    from jobs.worker.logs import follow as followed  # noqa: PLC0415
    from jobs.worker.logs import lines  # noqa: PLC0415

    logs = found(chosen.out, name, [run.run_id for run in chosen.runs])
    if follow:
        if len(logs.parts) > 1:
            jobs = ", ".join(part.job_id or "–" for part in logs.parts)
            raise SweepError(f"{logs.named} has {len(logs.parts)} jobs, and `-f` follows one: say which of {jobs}")
        told: list[str] = []
        for text in followed(logs.followed, logs.watch(told.append)):
            typer.echo(plain(text, lines=True))
        typer.echo(plain(told[0]))
        return
    for title, paths in logs.titled:
        if title:
            typer.echo(plain(f"--- {title}"))
        for path in paths:
            for text in lines(path):
                typer.echo(plain(text, lines=True))


def cancel(
    chosen: Selection,
    what: Annotated[
        list[str] | None,
        typer.Argument(help="Runs (their ids' first digits), studies, submissions.", metavar="[RUN|STUDY|SUBMISSION]"),
    ] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that Slurm has of this output folder.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Take runs back from Slurm; what has begun keeps its checkpoint, and the next submission goes on with it.

    Example: hw1 cancel mlp --yes
    """
    from jobs.submission.cancel import cancel as cancelled  # noqa: PLC0415 - imports submitit

    names = [*(what or ()), *chosen.study]
    if everything == bool(names):
        raise SweepError("say what to cancel: runs, studies or submissions by name, or `--all`")
    raise typer.Exit(cancelled(names or None, chosen.out, yes=yes, ask=typer.confirm, say=typer.echo))


def retry(
    chosen: Selection,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", help="Only nan, exception, memory, killed or needs; may be given again."),
    ] = None,
) -> None:
    """Make failed runs pending again: the next submission trains them.

    Example: hw1 retry --kind memory
    """
    from jobs.worker.commits import FAILURES  # noqa: PLC0415 - imports pyarrow
    from results.store import Store  # noqa: PLC0415 - imports pyarrow

    wrong = unknown("kind of failure", kind or [], FAILURES)
    if wrong:
        raise SweepError("; ".join(wrong))
    store = Store(chosen.out)
    ids = {run.run_id for run in chosen.runs}
    failed = store.failed()
    again = sorted(i for i in failed.keys() & ids if not kind or failed[i].failure in kind)
    store.clear_failures(again)
    typer.echo(f"{len(again)} run(s) are pending again" if again else "no such run of this sweep has failed")


def profiles(
    name: Annotated[str | None, typer.Argument(help="Show this one.", metavar="[NAME|PATH]")] = None,
) -> None:
    """The clusters that can be submitted to, or every value of one and what it means.

    Example: hw1 profiles palmetto
    """
    from jobs.cli.screen import profile_table, profiles_table  # noqa: PLC0415 - imports rich
    from slurm.profiles import load, names  # noqa: PLC0415 - imports pydantic

    if name is not None:
        profile_table(load(name))
    else:
        profiles_table(names())


def clean(chosen: Selection) -> None:
    """Remove what old submissions left: their scripts, logs and snapshots of the code. Never results.

    Example: hw1 clean
    """
    from jobs.submission.cluster import clean as cleaned  # noqa: PLC0415 - imports submitit

    removed = cleaned(chosen.out)
    typer.echo(f"removed {len(removed)} folder(s) of old submissions" if removed else "nothing to remove")
