"""The commands that make tables and pages of what workers wrote: collect, report."""

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.options import (
    DatasetOption,
    OutOption,
    PrecisionOption,
    PresetOption,
    SeedsOption,
    SmokeOption,
    StudyOption,
    chosen_folder,
    chosen_sweep,
    named,
)
from jobs.sweep import SweepError
from results.plain import plain


def collect(
    study: StudyOption = None,
    preset: PresetOption = "report",
    seeds: SeedsOption = 1,
    dataset: DatasetOption = "mnist",
    precision: PrecisionOption = "fp32",
    out: OutOption = None,
    *,
    smoke: SmokeOption = False,
) -> None:
    """Compact what workers wrote into one parquet file a table; name what is missing or damaged.

    Example: hw1 collect
    """
    from jobs.cli.reporting import collected  # noqa: PLC0415 - imports pyarrow

    runs = chosen_sweep(study, preset, seeds, dataset, precision, smoke=smoke).runs()
    for line in collected(runs, chosen_folder(out)):
        typer.echo(plain(line))


def report(
    study: StudyOption = None,
    preset: PresetOption = "report",
    seeds: SeedsOption = 1,
    dataset: DatasetOption = "mnist",
    precision: PrecisionOption = "fp32",
    out: OutOption = None,
    source: Annotated[
        str | None, typer.Option("--from", help="reference: the results that come with the code.", metavar="reference")
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", help="Folder for the report; else report/ in the output folder.", metavar="FOLDER"),
    ] = None,
    *,
    smoke: SmokeOption = False,
) -> None:
    """Draw the 21 figures and write report.html and report.md from what is done, or from what comes with the code.

    Reads the store and leaves it as it is: a colleague's will do, with --to.

    Example: hw1 report --from reference
    """
    from jobs.cli.reporting import write, write_reference  # noqa: PLC0415 - imports pandas and matplotlib

    if source not in {None, "reference"}:
        raise SweepError(f"`--from` must be reference, the results that come with the code, got {source!r}")
    folder = chosen_folder(out)
    place = folder / "report" if to is None else Path(named("--to", to)).expanduser().absolute()
    lines = (
        write_reference(place)
        if source
        else write(chosen_sweep(study, preset, seeds, dataset, precision, smoke=smoke), folder, place)
    )
    for line in lines:
        typer.echo(plain(line))
