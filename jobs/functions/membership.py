"""Membership of stored rows in a grid of runs, by columns: a grid may have a million runs, its axes have few values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.functions.grids import Grid
from jobs.functions.spec import FunctionSpec
from jobs.functions.texts import fixed, head, share
from jobs.functions.values import cell, column_type

if TYPE_CHECKING:
    import pyarrow as pa

    from jobs.study import Told

Axes = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Membership:
    """Which of a study's stored rows are of a selection of its runs."""

    kind: type[FunctionSpec]

    def __call__(
        self, columns: "pa.Schema", *, seeds: Sequence[int] | None, smoke: bool, changes: Mapping[str, Sequence[str]]
    ) -> "Told | None":
        """Tells rows of runs that are selected; None if columns cannot tell.

        A row's canonical text is put together from its columns and compared with the one that the store has: runs of
        another version of the study differ there.

        Args:
            columns: Of the study's own table.
            seeds: Seeds instead of the declared ones.
            smoke: True for runs cut short.
            changes: Values of parameters as they were typed.
        """
        axes = self._axes(seeds, smoke=smoke, changes=changes)
        if axes is None or not self._are(columns, axes):
            return None
        cells = {name: self._cells(name, values) for name, values in axes.items()}
        if any(len(set(of)) < len(of) for of in cells.values()):
            return None  # as 1 and 1.0 are two runs, but one value of a column of real numbers
        pieces: dict[str, _Fixed | _Share] = {
            name: _Fixed(text) for name, text in fixed(self.kind.kind, self.kind.schema).items()
        }
        pieces |= {name: self._share(name, values, cells[name], columns) for name, values in axes.items()}
        return _Text([pieces[name] for name in sorted(pieces)]).equals

    def _axes(self, seeds: Sequence[int] | None, *, smoke: bool, changes: Mapping[str, Sequence[str]]) -> Axes | None:
        """Values by parameter, all combinations of which are selected; None if the runs are no grid."""
        if self.kind.declared.after:
            return None  # whose ids are a part of the text
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

    def _are(self, columns: "pa.Schema", axes: Axes) -> bool:
        """True if there is a column a parameter, as it is declared."""
        import pyarrow as pa  # noqa: PLC0415 - a study's file needs none

        types, hints = dict(zip(columns.names, columns.types, strict=True)), self.kind.declared.parameters.hints
        return all(name in types and types[name] == pa.type_for_alias(column_type(hints[name])) for name in axes)

    def _cells(self, name: str, values: Sequence[Any]) -> Sequence[Any]:
        """The values as a column holds them."""
        hint = self.kind.declared.parameters.hints[name]
        return values if column_type(hint) in {"bool", "int64"} else [cell(value, hint) for value in values]

    def _share(self, name: str, values: Sequence[Any], cells: Sequence[Any], columns: "pa.Schema") -> "_Share":
        """The share of one parameter.

        A text that leaves a parameter out means its default, whatever that was when the run was trained: ids do too.
        """
        from results.encode import encoded  # noqa: PLC0415

        defaults = self.kind.declared.parameters.defaults
        return _Share(
            name=name,
            cells=encoded(cells, columns.field(name).type),
            texts=_texts([share(name, value, defaults) for value in values]),
            head=head(name) if name in defaults else "",
            left_out=_texts(["" if defaults.get(name) in values else None])[0],
        )


@dataclass(frozen=True)
class _Fixed:
    """The share of a row's canonical text that all rows have."""

    text: str

    def of(self, _rows: "pa.Table", _specs: "pa.ChunkedArray") -> "pa.Scalar":
        return _texts([self.text])[0]


@dataclass(frozen=True, kw_only=True)
class _Share:
    """The share of a row's canonical text that one parameter has."""

    name: str
    cells: "pa.Array"
    texts: "pa.Array"
    """By cell."""
    head: str
    """Stands before the value; empty for a parameter without a default."""
    left_out: "pa.Scalar"
    """Meaning of leaving the parameter out: nothing of the text, or null if no selected run has its default."""

    def of(self, rows: "pa.Table", specs: "pa.ChunkedArray") -> "pa.ChunkedArray":
        import pyarrow.compute as pc  # noqa: PLC0415

        told = self.texts.take(pc.index_in(rows[self.name], value_set=self.cells))
        return pc.if_else(pc.match_substring(specs, self.head), told, self.left_out) if self.head else told


@dataclass(frozen=True)
class _Text:
    """The canonical text that a row has if it is a selected run's, as shares in their order."""

    shares: Sequence[_Fixed | _Share]

    def equals(self, rows: "pa.Table", specs: "pa.ChunkedArray") -> "pa.ChunkedArray":
        """True for rows whose run has this text; null where a value is no selected one."""
        import pyarrow.compute as pc  # noqa: PLC0415

        nothing, first, last = _texts(["", "{", "}"])
        shares = [share.of(rows, specs) for share in self.shares]
        made = pc.binary_join_element_wise(first, *shares, last, nothing)
        return pc.equal(made, specs)


def _texts(texts: Sequence[str | None]) -> "pa.Array":
    """As Arrow has them; `pyarrow.array`, and texts handed to `pyarrow.compute`, would import pandas."""
    import pyarrow as pa  # noqa: PLC0415

    from results.encode import encoded  # noqa: PLC0415

    return encoded(texts, pa.string())
