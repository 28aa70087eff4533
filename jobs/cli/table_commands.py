"""The commands that print and hand out what runs came to: table, export."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer

from jobs.cli.options import named
from jobs.cli.selection import Selection
from jobs.study import Study
from jobs.sweep import SweepError, unknown
from results.disk import write_whole
from results.folder import check_apart
from results.plain import amount, plain

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Kind = Literal["csv", "parquet", "latex", "mlflow", "wandb-offline"]
KINDS: tuple[Kind, ...] = get_args(Kind)
FILES = KINDS[:3]


def table(
    chosen: Selection,
    by: Annotated[
        str | None, typer.Option("--by", help="Parameters that tell runs apart; else all that vary.", metavar="A,B")
    ] = None,
    over: Annotated[str, typer.Option("--over", help="Parameters to average over.", metavar="A,B")] = "seed",
    metric: Annotated[
        list[str] | None, typer.Option("--metric", help="Only this metric; may be given again.", metavar="NAME")
    ] = None,
) -> None:
    """Mean, half width of the 95% interval and number of runs of every metric, for each combination of parameters.

    Example: hw1 table --by lr,width --over seed
    """
    from jobs.cli.means import means_table  # noqa: PLC0415 - imports rich and pyarrow

    project = chosen.project
    studies = [project.by_name[name] for name in chosen.sweep.studies]
    found = {study.name: _found(chosen, study, by, over, metric) for study in studies}
    for name, each in found.items():
        if each is not None:
            means_table(name, *each)
    if not any(found.values()):
        raise SweepError("no run of these studies is done: `hw1 submit` trains them")


def _found(
    chosen: Selection, study: Study, by: str | None, over: str, metric: list[str] | None
) -> "tuple[list[str], list[str], pa.Table] | None":
    """Parameters that tell a study's runs apart, metrics, and their means; None if no run is done."""
    from analysis.means import ColumnError, means, numbers  # noqa: PLC0415 - imports pyarrow

    apart = None if by is None else [name.strip() for name in named("--by", by).split(",")]
    first = chosen.sweep.first(study)
    fields = list(first.values()) if first is not None else []
    wanted = {*fields, *apart, *metric} if apart is not None and metric else None
    rows = _rows(chosen, study, wanted)
    if not len(rows):
        return None
    averaged = [name.strip() for name in over.split(",")]
    if apart is None:
        apart = [n for n in fields if n in rows.column_names and n not in averaged and _varies(rows, n)]
    there = [n for n in numbers(rows) if n not in fields and n != "run_id" and rows[n].null_count < len(rows)]
    try:
        return apart, metric or there, means(rows, by=apart, metrics=metric or there)
    except ColumnError as error:
        raise SweepError(f"study {study.name}: {error}") from None


def _rows(chosen: Selection, study: Study, wanted: set[str] | None) -> "pa.Table":
    """The rows of a study's selected runs: not those of smoke runs, or of a preset, that lie in the same folder.

    By the columns of its own table where they can tell: enumerating a million runs would take most of a minute.
    """
    from results.columns import arrow_schema  # noqa: PLC0415 - imports pyarrow
    from results.load import OWN, members  # noqa: PLC0415
    from results.load import rows as rows_of  # noqa: PLC0415
    from results.store import Store  # noqa: PLC0415

    store = Store(chosen.out, only_looks=True, declared=chosen.project.tables)
    table = store.layout.tables.tables.get(f"{study.name}{OWN}")
    if not chosen.is_by_ids and table is not None:
        columns = arrow_schema(table)
        told = chosen.sweep.members(study, columns)
        if told is not None:
            return members(store, study.name, _of(columns.names, wanted), told)
    rows = rows_of(store, study.name, tuple(kind.kind for kind in study.kinds))
    return _of_sweep(rows, [run.run_id for run in chosen.runs if run.study is study])


def _of(names: Sequence[str], wanted: set[str] | None) -> Sequence[str]:
    """The columns to read: all, if not all that are wanted are there, for the message that names those that are."""
    if wanted is None or not wanted.issubset(names):
        return names
    return [name for name in names if name in wanted or name == "run_id"]


def _of_sweep(rows: "pa.Table", run_ids: Sequence[str]) -> "pa.Table":
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    return rows.filter(pc.is_in(rows["run_id"], pa.array(run_ids, pa.string()))) if len(rows) else rows


def _varies(rows: "pa.Table", name: str) -> bool:
    import pyarrow.compute as pc  # noqa: PLC0415

    return bool(pc.count_distinct(rows[name], mode="all").as_py() > 1)


def export(
    chosen: Selection,
    kind: Annotated[str, typer.Argument(help=f"{', '.join(KINDS[:-1])} or {KINDS[-1]}.", metavar="FORMAT")],
    file: Annotated[
        str, typer.Argument(help="The file to write; of mlflow and wandb-offline a folder.", metavar="FILE|FOLDER")
    ],
) -> None:
    """Write the runs that are done to a file, one row each with parameters and metrics, or for a tracker.

    Example: hw1 export csv results.csv
    """
    from results.load import load  # noqa: PLC0415 - imports pandas

    wrong = unknown("format", [kind], KINDS)
    if wrong:
        raise SweepError(*wrong)
    path = Path(named("FILE", file)).expanduser().absolute()
    check_apart("FILE", path, chosen.out, chosen.project.reference)
    if kind in FILES and (path.is_dir() or not path.parent.is_dir()):
        raise SweepError(f"FILE must be a file in a folder that is there, got {path}")
    frame = load(chosen.out)
    wanted = {run.run_id for run in chosen.runs}
    frame = frame[frame["run_id"].isin(wanted)].dropna(axis=1, how="all")
    if frame.empty:
        raise SweepError("no run of these studies is done: `hw1 submit` trains them")
    if kind not in FILES:
        typer.echo(plain(_tracked(chosen, kind, frame, path)))
        return
    write_whole(path, _content(kind, frame))
    typer.echo(plain(f"wrote {amount(len(frame), 'run')} with {len(frame.columns)} columns to {path}"))


def _tracked(chosen: Selection, kind: str, frame: "pd.DataFrame", folder: Path) -> str:
    from jobs.cli.trackers import handed, tracked  # noqa: PLC0415

    return handed(kind, [*tracked(chosen.runs, frame, chosen.out, chosen.project)], folder)


def _content(kind: str, frame: "pd.DataFrame") -> bytes | str:
    if kind == "parquet":
        return frame.apply(_of_one_type).to_parquet(None, index=False)
    return frame.to_csv(index=False) if kind == "csv" else frame.to_latex(index=False, escape=True)


def _of_one_type(column: "pd.Series") -> "pd.Series":
    """The column as text where studies that use its name have values of several types: a file's column has one."""
    kinds = set(column.dropna().map(type)) if column.dtype == object else set()
    return column.map(str, na_action="ignore") if len(kinds) > 1 else column
