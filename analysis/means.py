"""Means over runs: of every metric, for each combination of the parameters that are told apart."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.student import COVERAGE, quantile
from results.encode import encoded

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int


class ColumnError(ValueError):
    """A column was asked for that a study's runs do not have; the message names those that they have."""


def means(rows: pa.Table, *, by: Sequence[str], metrics: Sequence[str]) -> pa.Table:
    """Mean of each metric over the runs that share the values of ``by``, sorted by these.

    Args:
        rows: One row a run.
        by: Columns by which runs are told apart.
        metrics: Columns of numbers; nulls and NaN are left out.

    Returns:
        The columns ``by``, then for each metric its mean, the half width of Student's 95% interval of the mean (null
        for fewer than two runs) as ``<metric> ±``, and the number of runs as ``<metric> n``.

    Raises:
        ColumnError: If there is no such column, or a metric is no number.
    """
    _check(rows, [*by, *metrics], metrics)
    group, first = _groups(rows, by)
    columns = {name: rows[name].take(_whole(first)) for name in by}
    for name in metrics:
        mean, half, n = _means(_real(rows[name]), group, len(first))
        columns |= {name: _array(mean, n > 0), f"{name} ±": _array(half, n > 1), f"{name} n": _whole(n)}
    found = pa.table(columns)
    return found.take(pc.sort_indices(found, sort_keys=[(name, "ascending") for name in by])) if by else found


def numbers(rows: pa.Table) -> list[str]:
    """Columns that hold numbers."""
    return [field.name for field in rows.schema if _is_number(field.type)]


def _check(rows: pa.Table, names: Sequence[str], metrics: Sequence[str]) -> None:
    unknown = [name for name in names if name not in rows.column_names]
    if unknown:
        raise ColumnError(f"no column {', '.join(unknown)}: there are {', '.join(rows.column_names)}")
    text = [name for name in metrics if not _is_number(rows.schema.field(name).type)]
    if text:
        raise ColumnError(f"{', '.join(text)} must be numbers to have a mean: there are {', '.join(numbers(rows))}")


def _groups(rows: pa.Table, by: Sequence[str]) -> 'tuple[Int[np.ndarray, " run"], Int[np.ndarray, " group"]]':
    """Number of each row's group, and the first row of each group; `group_by` would import pandas."""
    group = np.zeros(len(rows), np.int64)
    for name in by:
        column = rows[name].combine_chunks().dictionary_encode(null_encoding="encode")
        pairs = group * len(column.dictionary) + _numbers(column.indices)
        group = _numbers(_whole(pairs).dictionary_encode().indices).astype(np.int64)
    first = np.zeros(1 + group.max(initial=-1), np.int64)
    first[group[::-1]] = np.arange(len(group))[::-1]
    return group, first


def _means(
    values: 'Float[np.ndarray, " run"]', group: 'Int[np.ndarray, " run"]', n_groups: int
) -> 'tuple[Float[np.ndarray, " group"], Float[np.ndarray, " group"], Int[np.ndarray, " group"]]':
    """Mean, half width of its interval, and number of runs, of each group."""
    there = ~np.isnan(values)
    values, group = (values, group) if there.all() else (values[there], group[there])
    n = np.bincount(group, minlength=n_groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(group, values, n_groups) / n
        spread = np.sqrt(np.bincount(group, (values - mean[group]) ** 2, n_groups) / (n - 1))
    quantiles = {k: quantile(k - 1, (1 + COVERAGE) / 2) if k > 1 else np.nan for k in set(n.tolist())}
    return mean, np.array([quantiles[k] for k in n.tolist()]) * spread / np.sqrt(n), n


def _real(column: pa.ChunkedArray) -> 'Float[np.ndarray, " run"]':
    """The numbers, NaN for null."""
    return _numbers(pc.coalesce(column.cast(pa.float64()), encoded([np.nan], pa.float64())[0]).combine_chunks())


def _numbers(array: pa.Array) -> "np.ndarray[Any, Any]":
    """As numpy has them; `to_numpy` would import pandas."""
    return np.from_dlpack(array)


def _array(values: 'Float[np.ndarray, " group"]', there: 'Bool[np.ndarray, " group"]') -> pa.Array:
    """As Arrow has them, null where they are not there; `pyarrow.array` would import pandas."""
    told = zip(values.tolist(), there.tolist(), strict=True)
    return encoded([value if is_there else None for value, is_there in told], pa.float64())


def _whole(numbers: 'Int[np.ndarray, " number"]') -> pa.Array:
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(numbers)])


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))
