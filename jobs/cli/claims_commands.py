"""The command that settles claims: trains as many seeds as they need, in rounds."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.options import (
    DeviceOption,
    ProfileOption,
    SbatchOption,
    SharedOption,
    WorkersOption,
    chosen_device,
    chosen_profile,
    n_workers_of,
    within,
)
from jobs.cli.selection import Selection
from jobs.project import Project
from jobs.sweep import Run, Sweep, SweepError, unknown
from jobs.verdicts import MOST_SEEDS, judged, settling
from results.plain import plain

if TYPE_CHECKING:
    from analysis.claims.judge import Judgement

_MOST = 100_000


def settle(
    chosen: Selection,
    claim: Annotated[list[str] | None, typer.Argument(help="Claims by name; else all.", metavar="[CLAIM]")] = None,
    workers: WorkersOption = None,
    profile: ProfileOption = None,
    sbatch: SbatchOption = None,
    device: DeviceOption = "auto",
    *,
    most: Annotated[int, typer.Option("--most", help="Seeds of a study at the most.", metavar="N")] = MOST_SEEDS,
    hours: Annotated[
        float | None, typer.Option("--hours", help="Begin no round that would end later than this.", metavar="H")
    ] = None,
    local: Annotated[bool, typer.Option("--local", help="Train here, in local processes.")] = False,
    shared: SharedOption = False,
) -> None:
    """Train the seeds that open claims need, in rounds, until each is settled or the budget is spent.

    After every round the claims are judged again; their intervals hold however often one looks. Exit code 1 if one
    stays open.

    Example: hw1 settle C1 --local
    """
    if local == (profile is not None):
        raise SweepError("say where to train: `--local` trains here, `--profile NAME` on a Slurm cluster")
    if chosen.smoke:
        raise SweepError("smoke runs, cut short, settle nothing: leave `--smoke` out")
    if hours is not None and not hours > 0:
        raise SweepError(f"`--hours` must be above 0, got {hours:g}")
    n_seeds, where, n_workers = within("--most", most, _MOST), chosen_device(device), n_workers_of(workers)
    cluster = chosen_profile(profile, sbatch)
    from jobs.cli import submit  # noqa: PLC0415 - imports rich

    def train(runs: Sequence[Run]) -> int:
        if cluster is not None:
            return submit.submit_to_cluster(
                runs,
                chosen.project,
                out=chosen.out,
                profile=cluster,
                n_workers=n_workers,
                device=where,
                wait=True,
                shared=shared,
            )
        from jobs.plan.tasks import n_cpus  # noqa: PLC0415 - imports submitit's side

        n = n_workers or n_cpus()
        return submit.submit_locally(runs, chosen.project, out=chosen.out, n_workers=n, device=where, shared=shared)

    raise typer.Exit(_rounds(chosen, claim or (), n_seeds, hours, train))


def _rounds(
    chosen: Selection, names: Sequence[str], n_seeds: int, hours: float | None, train: Callable[[Sequence[Run]], int]
) -> int:
    """Judge and train until nothing is open; 0 then, 1 if something stays open, 130 if interrupted."""
    from jobs.cli.submit import INTERRUPTED  # noqa: PLC0415 - imports rich
    from jobs.plan.left import left  # noqa: PLC0415
    from jobs.status import status  # noqa: PLC0415 - imports pyarrow where there is a store

    end = time.monotonic() + 3600 * hours if hours is not None else None
    while True:
        found = _named(judged(chosen.sweep, chosen.out, n_seeds), names)
        for judgement in found:
            typer.echo(plain(said(judgement)))
        open_ = [judgement for judgement in found if _is_open(judgement)]
        if not open_:
            typer.echo("all are settled" if len(found) > 1 else "settled")
            return 0
        now = status(chosen.out)
        runs = settling(chosen.sweep, open_, now.done, n_seeds)
        rest = left(runs, now, chosen.project, out=chosen.out)
        if not rest.n_runs:
            failed = now.counts(runs)["failed"]
            told = f"{failed} of its runs failed: `hw1 logs RUN` tells why, `hw1 retry` makes them pending again"
            spent = f"{n_seeds} seeds of each study are trained: `--most N` allows more"
            typer.echo(f"{len(open_)} of {len(found)} claim(s) stay open: {told if failed else spent}")
            return 1
        if end is not None and time.monotonic() + rest.seconds > end:
            typer.echo(f"{len(open_)} of {len(found)} claim(s) stay open: a round more would end after {hours:g} hours")
            return 1
        if train(runs) == INTERRUPTED:
            return INTERRUPTED


def _named(found: "Sequence[Judgement]", names: Sequence[str]) -> "list[Judgement]":
    """The claims of these names, all if there are none.

    Raises:
        SweepError: If there is no such claim.
    """
    known = [judgement.claim.name for judgement in found]
    if wrong := unknown("claim", names, known):
        raise SweepError("; ".join(wrong) if known else "no study of this sweep claims anything")
    return [judgement for judgement in found if not names or judgement.claim.name in names]


def _is_open(judgement: "Judgement") -> bool:
    from analysis.claims.statement import Verdict  # noqa: PLC0415 - imports pandas

    return any(judged.verdict is Verdict.OPEN for judged in judgement.statements)


def open_claims(sweep: Sweep, project: Project, out: Path) -> Iterator[str]:
    """A line on each open claim: how many seeds settle it, as far as is known, and what those take that are missing."""
    from jobs.cli.display import duration  # noqa: PLC0415
    from jobs.plan.left import left  # noqa: PLC0415
    from jobs.status import status  # noqa: PLC0415 - imports pyarrow where there is a store

    now, found = status(out), list(filter(_is_open, judged(sweep, out)))
    for judgement in found:
        rest = left(settling(sweep, [judgement], now.done, MOST_SEEDS), now, project, out=out)
        took = f"{rest.n_runs} runs, {duration(rest.seconds)}" if rest.n_runs else f"over {MOST_SEEDS} seeds"
        yield f"open     {judgement.claim.name}: {seeds_of(judgement)}: {took}"
    if found:
        yield "`hw1 settle CLAIM` trains what an open claim needs"


def seeds_of(judgement: "Judgement") -> str:
    """Number of seeds that speak for the statement on which a claim hangs, and number that would settle it."""
    from analysis.claims.page import seeds  # noqa: PLC0415 - imports pandas

    return seeds(judgement.turns_on)


def said(judgement: "Judgement") -> str:
    """A claim in one line: its verdict, what was found, and how many seeds say so."""
    from analysis.claims.page import found  # noqa: PLC0415 - imports pandas

    told = found(judgement.turns_on)
    return f"{judgement.claim.name}: {judgement.verdict}: {told} ({seeds_of(judgement)})"
