"""Rows that runs log: columns, each of the type of its first value."""

from collections.abc import Mapping
from typing import Any

from jobs.functions.parameters import OF_RUNS
from jobs.functions.values import SCALARS, fits

Cell = bool | int | float | str | None


class RowError(TypeError):
    """A run logs or returns what no column can hold; the message says where and what would."""


def cell(name: str, value: Any, where: str) -> Cell:  # noqa: ANN401 - a value can be any object
    """A Python value for a number, also one of numpy or torch.

    Raises:
        RowError: If it is neither a number nor text.
    """
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()
    if type(value) in SCALARS:
        if type(value) is int and not fits(value):
            raise RowError(f"{where}: `{name}` must fit into 64 bits, got {value}: make it a float or a text")
        return value  # type: ignore[no-any-return]  # it is one
    what = f"shape {tuple(value.shape)}" if hasattr(value, "shape") else type(value).__name__
    raise RowError(f"{where}: `{name}` must be a number, text, true, false or None, got {what}")


class Columns:
    """Types of columns by name; int and float make float."""

    def __init__(self, types: Mapping[str, type] | None = None) -> None:
        """With the types that other runs have given."""
        self.types: dict[str, type] = dict(types or {})

    def check(self, name: str, value: Cell, where: str) -> None:
        """Note a value's type.

        Raises:
            RowError: If the column has another one.
        """
        kind = type(value)
        known = self.types.setdefault(name, kind) if value is not None else kind
        if known is kind:
            return
        if {known, kind} != {int, float}:
            raise RowError(
                f"{where}: `{name}` is {kind.__name__}, and was {known.__name__} before: one column, one type"
            )
        self.types[name] = float


class Log:
    """The rows of one run, column by column; a value that a row lacks is None."""

    def __init__(self, types: Mapping[str, type] | None = None) -> None:
        """With the types that other runs have given."""
        self.types = Columns(types)
        self.n_rows = 0
        self.columns: dict[str, list[Cell]] = {}

    def add(self, step: int, row: Mapping[str, object]) -> None:
        """Append a row of this step.

        Raises:
            RowError: If a value is of another type than those before.
        """
        where = f"run.log, row {self.n_rows + 1}"
        if taken := OF_RUNS & row.keys():
            raise RowError(f"{where}: `{min(taken)}` is every row's own, use another name")
        cells = {"step": step} | {name: cell(name, value, where) for name, value in row.items()}
        for name, value in cells.items():
            self.types.check(name, value, where)
        for name in cells.keys() - self.columns.keys():
            self.columns[name] = [None] * self.n_rows
        for name, column in self.columns.items():
            column.append(cells.get(name))
        self.n_rows += 1

    def kept(self) -> dict[str, Any]:
        """The rows as a checkpoint holds them."""
        return {"n_rows": self.n_rows, "columns": self.columns, "types": self.types.types}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """The rows of a checkpoint."""
        self.n_rows, self.columns = kept["n_rows"], kept["columns"]
        self.types = Columns(kept["types"])
