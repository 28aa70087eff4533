"""The commands that look into a sweep and steer it: logs, cancel, retry, profiles, clean."""

from typing import Annotated

import typer

from jobs.cli.selection import Selection
from jobs.names import one
from jobs.sweep import SweepError, unknown
from results.plain import plain


def logs(
    chosen: Selection,
    name: Annotated[str, typer.Argument(help="A run's id or its first digits, or a task's name.", metavar="RUN|TASK")],
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as the log grows; Ctrl-C ends.")] = False,
) -> None:
    """The log of a run's pack, or of a task's job.

    Example: hw1 logs 3f2a -f
    """
    from jobs.worker import logs as kept  # noqa: PLC0415 - a command of its own

    folder = chosen.out
    none = "is no run or task that has a log: `hw1 list` prints ids, and a log begins when a run does"
    named = one(name, whole={"task": kept.tasks(folder)}, ids={"run": kept.runs(folder)}, none=none)
    paths = (kept.logs_of_task if named.kind == "task" else kept.logs_of)(folder, named.name)
    if not paths:
        raise SweepError(f"{name!r} {none}")
    texts = kept.follow(paths[-1]) if follow else (text for path in paths for text in kept.lines(path))
    for text in texts:
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
        list[str] | None, typer.Option("--kind", help="Only nan, exception, memory or killed; may be given again.")
    ] = None,
) -> None:
    """Make failed runs pending again: the next submission trains them.

    Example: hw1 retry --kind memory
    """
    from jobs.worker.commits import FAILURES  # noqa: PLC0415 - imports pyarrow
    from results.store import Store  # noqa: PLC0415 - likewise

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
