"""The commands that make tables and pages of what workers wrote: collect, report."""

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.options import factors_of, named, named_profile
from jobs.cli.selection import Selection
from jobs.sweep import SweepError
from results.folder import check_apart
from results.plain import plain
from results.workspace import Workspace


def collect(
    chosen: Selection,
) -> None:
    """Compact what workers wrote into one parquet file a table; name what is missing or damaged.

    Example: hw1 collect
    """
    from jobs.cli.report import collected  # noqa: PLC0415 - imports pyarrow

    runs = chosen.runs
    for line in collected(runs, chosen.out):
        typer.echo(plain(line))


def report(
    chosen: Selection,
    source: Annotated[
        str | None, typer.Option("--from", help="reference: the results that come with the code.", metavar="reference")
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", help="Folder for the report; else report/ in the output folder.", metavar="FOLDER"),
    ] = None,
) -> None:
    """Draw the figures and write report.html and report.md from what is done, or from what comes with the code.

    Reads the store and leaves it as it is: a colleague's will do, with --to.

    Example: hw1 report --from reference
    """
    from jobs.cli.report import write, write_reference  # noqa: PLC0415 - imports pandas and matplotlib

    if source not in {None, "reference"}:
        raise SweepError(f"`--from` must be reference, the results that come with the code, got {source!r}")
    folder = chosen.out
    place = Workspace(folder).report if to is None else Path(named("--to", to)).expanduser().absolute()
    check_apart("--to", place, folder, chosen.project.reference)
    factors = factors_of(named_profile(chosen.profile))
    lines = write_reference(chosen.project, place) if source else write(chosen.sweep, folder, place, factors=factors)
    for line in lines:
        typer.echo(plain(line))
