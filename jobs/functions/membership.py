"""Membership of stored rows in a grid of runs, by columns: a grid may have a million runs, its axes have few values."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.functions.grids import Grid
from jobs.functions.spec import FunctionSpec
from jobs.functions.values import cell, column_type

if TYPE_CHECKING:
    import pyarrow as pa

Axes = Mapping[str, Sequence[Any]]
_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True)
class Membership:
    """Which of a study's stored rows are of a selection of its runs."""

    kind: type[FunctionSpec]

    def __call__(
        self,
        rows: "pa.Table",
        specs: "pa.ChunkedArray",
        *,
        seeds: Sequence[int] | None,
        smoke: bool,
        changes: Mapping[str, Sequence[str]],
    ) -> "pa.ChunkedArray | None":
        """True for rows of runs that are selected; None if columns cannot tell.

        A row's canonical text is put together from its columns and compared with the one that the store has: runs of
        another version of the study differ there.

        Args:
            rows: The study's own rows, with a column a parameter.
            specs: The canonical text of each row's run.
            seeds: Seeds instead of the declared ones.
            smoke: True for runs cut short.
            changes: Values of parameters as they were typed.
        """
        import pyarrow.compute as pc  # noqa: PLC0415 - a study's file needs none

        axes = self._axes(seeds, smoke=smoke, changes=changes)
        if axes is None or not self._has_columns(axes, rows):
            return None
        cells = {name: self._cells(name, values) for name, values in axes.items()}
        if any(len(set(of)) < len(of) for of in cells.values()):
            return None  # as 1 and 1.0 are two runs, but one value of a column of real numbers
        pieces = {"kind": f'"kind":"{self.kind.kind}",', "schema": f'"schema":{self.kind.schema},'}
        pieces |= {
            name: self._texts(name, values, cells[name], column=rows[name], specs=specs)
            for name, values in axes.items()
        }
        made = pc.binary_join_element_wise("{", *(pieces[name] for name in sorted(pieces)), "").cast("binary")
        stored = pc.binary_replace_slice(specs.cast("binary"), -1, (1 << 31) - 1, b",")
        return pc.fill_null(pc.equal(made, stored), fill_value=False)

    def _axes(self, seeds: Sequence[int] | None, *, smoke: bool, changes: Mapping[str, Sequence[str]]) -> Axes | None:
        """Values by parameter, all combinations of which are selected; None if the runs are no grid."""
        runs = self.kind.declared.rows(seeds)
        if not isinstance(runs, Grid) or set(changes) - set(runs.axes):
            return None
        first = self.kind(**next(iter(runs)))
        short = {name: (value,) for name, value in self.kind.declared.short.items()} if smoke else {}
        try:
            typed = {
                name: [first.replace(**{name: first.parsed(name, text)}).values()[name] for text in texts]
                for name, texts in changes.items()
            }
        except (TypeError, ValueError):
            return None  # enumerating says what is wrong
        return {**runs.axes, **short, **typed}

    def _has_columns(self, axes: Axes, rows: "pa.Table") -> bool:
        """True if rows have a column a parameter, as it is declared."""
        import pyarrow as pa  # noqa: PLC0415

        types, hints = dict(zip(rows.schema.names, rows.schema.types, strict=True)), self.kind.declared.parameters.hints
        return all(name in types and types[name] == pa.type_for_alias(column_type(hints[name])) for name in axes)

    def _cells(self, name: str, values: Sequence[Any]) -> Sequence[Any]:
        """The values as a column holds them."""
        hint = self.kind.declared.parameters.hints[name]
        return values if column_type(hint) in {"bool", "int64"} else [cell(value, hint) for value in values]

    def _texts(
        self,
        name: str,
        values: Sequence[Any],
        cells: Sequence[Any],
        *,
        column: "pa.ChunkedArray",
        specs: "pa.ChunkedArray",
    ) -> "pa.ChunkedArray":
        """The share of a row's canonical text that one parameter has.

        A text that leaves a parameter out means its default, whatever that was when the run was trained: ids do too.
        """
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.compute as pc  # noqa: PLC0415

        from results.encode import encoded  # noqa: PLC0415 - `pyarrow.array` would import pandas

        defaults, head = self.kind.declared.parameters.defaults, f"{_JSON.encode(name)}:"
        known, default = name in defaults, defaults.get(name)
        texts = ["" if known and value == default else f"{head}{_encoded(value)}," for value in values]
        told = encoded(texts, pa.string()).take(pc.index_in(column, value_set=encoded(cells, column.type)))
        if not known:
            return told
        left_out = pa.scalar("" if default in values else None, pa.string())
        return pc.if_else(pc.match_substring(specs, head), told, left_out)


def _encoded(value: object) -> str:
    return str(value) if type(value) is int else _JSON.encode(value)
