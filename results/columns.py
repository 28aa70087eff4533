"""The tables as Arrow sees them, and the check that given columns fit them."""

import functools
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from results.encode import encoded
from results.schema import Column, Schema, Table, Type

if TYPE_CHECKING:
    from results.encode import Values

_ARROW: dict[Type, pa.DataType] = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "list<float32>": pa.list_(pa.field("element", pa.float32())),
    "list<float64>": pa.list_(pa.field("element", pa.float64())),
}


@functools.lru_cache(maxsize=256)
def arrow_schema(table: Table) -> pa.Schema:
    """Names and types of a table's columns."""
    return pa.schema([pa.field(column.name, _ARROW[column.type]) for column in table.columns])


def no_rows(table: Table) -> pa.Table:
    """An empty table (`Schema.empty_table` would import pandas)."""
    return pa.Table.from_batches([], schema=arrow_schema(table))


def filled(rows: pa.Table | None, table: Table) -> pa.Table:
    """The rows with all columns of the table: nulls in those that they lack, whole numbers as real where it has them.

    None for no rows.
    """
    schema = arrow_schema(table)
    if rows is None:
        return no_rows(table)
    if rows.schema == schema:
        return rows
    columns = [
        rows[field.name].cast(field.type) if field.name in rows.schema.names else pa.nulls(len(rows), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def checked(pack_id: str, tables: "Mapping[str, Mapping[str, Values]]", schema: Schema) -> dict[str, pa.Table]:
    """A pack's tables with the types of the schema, columns that were not given filled with nulls.

    Raises:
        ValueError: If anything does not fit the schema; the message names everything that does not.
    """
    wrong: list[str] = []
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}", pack_id):
        wrong.append(f"`pack_id` must be letters, digits, '_', '.' and '-', got {pack_id!r}")
    known = schema.tables
    arrow = {name: _table(known[name], columns, wrong) for name, columns in tables.items() if name in known}
    wrong += [f"no table `{name}`; there are {', '.join(known)}" for name in tables if name not in known]
    if not wrong:
        wrong += _unvouched(arrow)
    if wrong:
        raise ValueError(f"pack {pack_id!r} does not fit the schema: " + "; ".join(wrong))
    return arrow


def _table(table: Table, columns: "Mapping[str, Values]", wrong: list[str]) -> pa.Table:
    name, known = table.name, {column.name: column for column in table.columns}
    wrong += [f"`{name}` has no column `{c}`; it has {', '.join(known)}" for c in columns if c not in known]
    single = [c for c, values in columns.items() if c in known and _is_single(values)]
    if single:
        wrong += [f"`{name}.{c}` must be a column of values, got {columns[c]!r}" for c in single]
        return None
    lengths = {c: len(values) for c, values in columns.items() if c in known}
    if len(set(lengths.values())) > 1:
        wrong.append(f"columns of `{name}` must be of one length, got {lengths}")
        return None
    n_rows = next(iter(lengths.values()), 0)
    arrays = [_array(name, column, columns.get(column.name, [None] * n_rows), wrong) for column in table.columns]
    return None if wrong else pa.Table.from_arrays(arrays, schema=arrow_schema(table))


def _is_single(values: object) -> bool:
    return isinstance(values, str) or not hasattr(values, "__len__") or getattr(values, "ndim", 1) == 0


def _array(table: str, column: Column, values: "Values", wrong: list[str]) -> pa.Array:
    try:
        array = encoded(values, _ARROW[column.type])
    except (TypeError, ValueError) as error:
        wrong.append(f"`{table}.{column.name}` must be {column.type}: {error}")
        return None
    if column.key and array.null_count:
        wrong.append(f"`{table}.{column.name}` must be there in every row")
    return array


def _unvouched(arrow: Mapping[str, pa.Table]) -> list[str]:
    """Rows that no row of `runs` would vouch for, and runs that are in it twice."""
    if "runs" not in arrow:
        lost = [name for name in arrow if name != "failures"]
        return [f"without `runs` only `failures` can be written, got {', '.join(lost)}"] if lost else []
    ids = arrow["runs"]["run_id"]
    wrong = [] if len(ids) == pc.count_distinct(ids).as_py() else ["`runs` must hold each run once"]
    for name in arrow.keys() - {"runs", "failures"}:
        strangers = pc.unique(arrow[name]["run_id"].filter(pc.invert(pc.is_in(arrow[name]["run_id"], ids))))
        if len(strangers):
            wrong.append(f"`{name}` has rows of runs that are not in `runs`: {', '.join(strangers.to_pylist()[:3])}")
    return sorted(wrong)
