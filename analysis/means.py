"""Means over runs: of every metric, for each combination of the parameters that are told apart."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc


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
    numbers = [pc.if_else(pc.is_nan(column), None, column) for column in _real(rows, metrics)]
    given = pa.table([*(rows[name] for name in by), *numbers], names=[*by, *metrics])
    spread = pc.VarianceOptions(ddof=1)
    kinds = (("mean", None), ("stddev", spread), ("count", pc.CountOptions(mode="only_valid")))
    asked = [(name, kind, options) for name in metrics for kind, options in kinds]
    found = given.group_by(list(by), use_threads=False).aggregate(asked)
    found = found.sort_by([(name, "ascending") for name in by]) if by else found
    columns = {name: found[name] for name in by}
    for name in metrics:
        n = found[f"{name}_count"]
        columns |= {name: found[f"{name}_mean"], f"{name} ±": _half(found[f"{name}_stddev"], n), f"{name} n": n}
    return pa.table(columns)


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


def _real(rows: pa.Table, names: Sequence[str]) -> list[pa.ChunkedArray]:
    return [rows[name].cast(pa.float64()) for name in names]


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))


def _half(spread: pa.ChunkedArray, n: pa.ChunkedArray) -> pa.Array:
    """Half width of the interval of each mean."""
    from analysis.student import COVERAGE, quantile  # noqa: PLC0415 - imports numpy

    counts = {count for count in n.to_pylist() if count > 1}
    quantiles = {count: quantile(count - 1, (1 + COVERAGE) / 2) for count in counts}
    pairs = zip(spread.to_pylist(), n.to_pylist(), strict=True)
    return pa.array([quantiles[k] * s / k**0.5 if k in quantiles and s is not None else None for s, k in pairs])
