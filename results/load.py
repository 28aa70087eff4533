"""One tidy frame of an output folder: a row a run that is done, its parameters and its metrics as columns."""

import json
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from results.columns import no_rows
from results.errors import StoreError
from results.schema import CORE
from results.sources import Source
from results.store import Store

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

OWN = ".runs"
"""Ends the name of a study's own table with one row a run."""
_MADE_BY = ("pack_id", "spec")
"""Columns of `runs` that say how the store keeps a run, not what it was."""


def load(out: str | Path) -> "pd.DataFrame":
    """Every run of an output folder that is done, one row each; the store is only read.

    Columns: `run_id`, `study`, `kind`, then every parameter and every metric by its name, null where a run has none,
    then how the run was trained (`seconds`, `device`, `cpu`, versions, `git_commit`, …; `run_seconds` and so on where a
    metric has the name).

    Args:
        out: The folder that `--out` names.

    Raises:
        SchemaError: If the store was written by another version.
        StoreError: If there is no such folder, or it cannot be read.
    """
    import pandas as pd  # noqa: PLC0415 - heavy

    folder = Path(out).expanduser().absolute()
    if not folder.exists():
        raise StoreError(f"there is no folder {folder}: nothing was trained into it, or it has another name")
    store = Store(folder, only_looks=True)
    names = [name for name in store.layout.tables.tables if name.endswith(OWN)]
    tables = store.read_all(["runs", *names])
    runs = tables.pop("runs").to_pandas(use_threads=False)
    specs = pd.DataFrame([_parameters(text) for text in runs["spec"]], index=runs.index)
    own = [rows.to_pandas(use_threads=False) for rows in tables.values() if len(rows)]
    metrics = pd.concat(own, ignore_index=True) if own else pd.DataFrame({"run_id": pd.Series(dtype=object)})
    core = [column.name for column in CORE["runs"].columns if column.name not in _MADE_BY]
    head = ["run_id", "study", "kind"]
    others = [name for name in runs.columns if name not in core and name not in _MADE_BY]
    runs["study"] = runs["study"].fillna(runs["kind"])
    taken = {*head, *others, *metrics.columns}
    frame: pd.DataFrame = pd.concat(
        [runs[head], specs[[n for n in specs.columns if n not in taken]], runs[others]], axis=1
    )
    frame = frame.merge(
        metrics[[n for n in metrics.columns if n == "run_id" or n not in frame.columns]], on="run_id", how="left"
    )
    trained = runs[[name for name in core if name not in head or name == "run_id"]]
    clear = {name: f"run_{name}" for name in trained.columns if name in frame.columns and name != "run_id"}
    frame = frame.merge(trained.rename(columns=clear), on="run_id")
    return frame


def members(
    store: Store, study: str, columns: Collection[str], told: "Callable[[pa.Table, pa.ChunkedArray], pa.ChunkedArray]"
) -> "pa.Table":
    """Rows of the study's own table, one a run, that are told by their columns and their run's canonical text.

    Piece by piece: the texts of a million runs are a hundred MB. Of `columns`, `run_id` must be one.
    """
    import pyarrow as pa  # noqa: PLC0415

    name = f"{study}{OWN}"
    nothing = no_rows(store.layout.table(name)).select(columns)

    def kept(rows: "pa.Table", specs: "pa.ChunkedArray") -> "pa.Table":
        return rows.filter(told(rows, specs))

    def step() -> "pa.Table":
        pieces = [kept(*piece) for source in store.sources() for piece in _with_specs(source, name, columns)]
        return pa.concat_tables([nothing, *pieces])

    return store.settled(step)


def _with_specs(source: Source, table: str, columns: Collection[str]) -> "Iterator[tuple[pa.Table, pa.ChunkedArray]]":
    """Pieces of a source's table, and the canonical text of each row's run: as a rule both have one order."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    ids = source.commit.array()
    mine, runs = source.rows(table, columns), source.rows("runs", ("spec",)) if source.is_whole else iter(())
    at = 0
    for rows in mine:
        beside = next(runs, None)
        if beside is None or not rows["run_id"].equals(ids.slice(at, len(beside))):
            left = pa.concat_tables([rows, *mine])
            every = pa.concat_tables(source.rows("runs", ("run_id", "spec"))).combine_chunks()
            yield left, every["spec"].take(pc.index_in(left["run_id"], value_set=every["run_id"].chunk(0)))
            return
        at += len(beside)
        yield rows, beside["spec"]


def rows(store: Store, study: str, kinds: tuple[str, ...]) -> "pa.Table":
    """One study's runs, a row each, with its parameters and metrics: from the study's own table where it has one."""
    if f"{study}{OWN}" in store.layout.tables.tables:
        return store.read(f"{study}{OWN}")
    import pyarrow as pa  # noqa: PLC0415

    runs = store.read("runs")
    core = {column.name for column in CORE["runs"].columns} - {"run_id"}
    listed = [
        {**_parameters(row["spec"]), **{name: value for name, value in row.items() if name not in core}}
        for row in runs.to_pylist()
        if row["study"] == study or (row["study"] is None and row["kind"] in kinds)
    ]
    return pa.Table.from_pylist([{name: _flat(value) for name, value in row.items()} for row in listed])


def _parameters(spec: str) -> dict[str, object]:
    values: dict[str, object] = json.loads(spec)
    return {name: value for name, value in values.items() if name not in {"kind", "schema", "@needs"}}


def _flat(value: object) -> object:
    """Lists as text, so that runs can be told apart by them."""
    return json.dumps(value) if isinstance(value, list) else value
