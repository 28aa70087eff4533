"""Tables and their columns: types, units and axis labels; those that every store has, and what projects add."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

SCHEMA = 1
"""Number of this table layout; a store written by another one is refused, never half-read."""

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")
Type = Literal["string", "int64", "float64", "bool", "list<float32>", "list<float64>"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column. Every column but the keys may hold nulls: not measured in this run."""

    name: str
    type: Type
    label: str
    unit: str = ""
    key: bool = False

    @property
    def axis(self) -> str:
        """Axis label: what is shown, and its unit in brackets where it has one."""
        return f"{self.label} [{self.unit}]" if self.unit else self.label


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table that a project's runs write; one named `runs` adds columns to the rows that every run has."""

    name: str
    columns: tuple[Column, ...]

    def __hash__(self) -> int:
        """By the name: it is asked for each file that is read."""
        return hash(self.name)


def _c(name: str, type_: Type, label: str, unit: str = "") -> Column:
    return Column(name=name, type=type_, label=label, unit=unit)


def _key(name: str, type_: Type, label: str) -> Column:
    return Column(name=name, type=type_, label=label, key=True)


_RUN_ID = _key("run_id", "string", "run")

CORE: dict[str, Table] = {
    table.name: table
    for table in (
        # One row a run. A row here vouches for the run's rows in every other table.
        Table(
            name="runs",
            columns=(
                _RUN_ID,
                _key("pack_id", "string", "pack"),
                _key("kind", "string", "kind"),
                _key("spec", "string", "spec as canonical JSON"),
                _c("study", "string", "study"),
                _c("seconds", "float64", "the run's share of its pack's time", "s"),
                _c("pack_seconds", "float64", "its pack's time", "s"),
                _c("n_pack", "int64", "runs in its pack"),
                _c("device", "string", "device"),
                _c("cpu", "string", "CPU model"),
                _c("cpu_capability", "string", "CPU instruction set in use"),
                _c("threads", "int64", "threads"),
                _c("memory_gb", "float64", "peak memory of the worker", "GiB"),
                _c("children_gb", "float64", "peak memory of the largest process that the worker started", "GiB"),
                _c("gpu_memory_gb", "float64", "peak memory that torch had on a GPU", "GiB"),
                _c("cpu_seconds", "float64", "the run's share of its pack's CPU time, child processes included", "s"),
                _c("asked_memory_gb", "float64", "memory that its job had", "GiB"),
                _c("asked_cpus", "int64", "cores that its job had"),
                _c("asked_gpus", "int64", "GPUs that its job had"),
                _c("asked_minutes", "float64", "time limit of its job", "min"),
                _c("python", "string", "Python version"),
                _c("torch", "string", "torch version"),
                _c("numpy", "string", "numpy version"),
                _c("git_commit", "string", "commit"),
                _c("git_dirty", "bool", "commit had uncommitted changes"),
                _c("host", "string", "host"),
                _c("job_id", "string", "job"),
                _c("finished", "string", "finished", "ISO 8601, UTC"),
            ),
        ),
        # Runs that raised or went to NaN: no row of `runs`, hence never part of a figure.
        Table(
            name="failures",
            columns=(
                _RUN_ID,
                _key("failure", "string", "kind of failure"),
                _c("message", "string", "one line"),
                _c("traceback", "string", "traceback"),
                _c("host", "string", "host"),
                _c("job_id", "string", "job"),
                _c("finished", "string", "recorded", "ISO 8601, UTC"),
            ),
        ),
    )
}
"""The tables of every store; a project's add columns to them, and tables beside them."""

PACK = (
    "pack_id",
    "kind",
    "spec",
    "study",
    "pack_seconds",
    "n_pack",
    "device",
    "cpu",
    "cpu_capability",
    "memory_gb",
    "host",
)
"""Columns of `runs` that a pack has once, or of which one run's value will do; the notes of a small file have them."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of one store by name."""

    tables: Mapping[str, Table] = field(default_factory=lambda: dict(CORE))

    @property
    def vouched(self) -> tuple[str, ...]:
        """Tables whose rows count only where `runs` vouches for them."""
        return tuple(name for name in self.tables if name not in CORE)

    def table(self, name: str) -> Table:
        """One table; with the key of every row alone where there is none of this name."""
        return self.tables[name] if name in self.tables else Table(name=name, columns=(_RUN_ID,))

    def merged(self, declared: Iterable[Table]) -> "Schema":
        """With tables and columns that are new; a column of whole numbers becomes real where one is declared so.

        Raises:
            ValueError: If a name is none, or a column is declared with another type; names all that are.
        """
        tables, wrong = dict(self.tables), list[str]()
        for table in declared:
            if not _NAME.fullmatch(table.name):
                wrong.append(f"table {table.name!r}: a name must be of lower-case letters, digits and '_'")
                continue
            before = tables.get(table.name, Table(name=table.name, columns=(_RUN_ID,)))
            columns = {column.name: column for column in before.columns}
            for column in table.columns:
                columns[column.name] = _joined(table.name, columns.get(column.name), column, wrong)
            tables[table.name] = Table(name=table.name, columns=tuple(columns.values()))
        if wrong:
            raise ValueError("; ".join(wrong))
        return Schema(tables)

    def text(self) -> str:
        """The schema as its file has it."""
        types = {name: {c.name: c.type for c in table.columns} for name, table in self.tables.items()}
        labels = {name: {c.name: [c.label, c.unit] for c in table.columns} for name, table in self.tables.items()}
        keys = {name: [c.name for c in table.columns if c.key] for name, table in self.tables.items()}
        return json.dumps({"schema": SCHEMA, "tables": types, "labels": labels, "keys": keys}, indent=1)

    @classmethod
    def read(cls, content: bytes) -> "tuple[int, Schema]":
        """Number and tables of a schema's file; files from before labels were kept have none.

        Raises:
            Exception: If it is no such file.
        """
        found = json.loads(content)
        labels, keys = found.get("labels", {}), found.get("keys", {})
        return found["schema"], cls(
            {
                name: Table(
                    name=name,
                    columns=tuple(
                        _column(column, type_, labels.get(name, {}), keys.get(name, ()))
                        for column, type_ in types.items()
                    ),
                )
                for name, types in found["tables"].items()
            }
        )


def _joined(table: str, before: Column | None, column: Column, wrong: list[str]) -> Column:
    if before is None or before.type == column.type:
        return column
    if {before.type, column.type} == {"int64", "float64"}:
        return replace(column, type="float64")
    wrong.append(
        f"`{table}.{column.name}` is {before.type} in this store and {column.type} in this run: "
        "give it another name, or use another --out"
    )
    return before


def _column(name: str, type_: Any, labels: Mapping[str, Sequence[str]], keys: Sequence[str]) -> Column:  # noqa: ANN401
    if type_ not in get_args(Type):
        raise ValueError(f"`{name}` is of no known type, {type_!r}")
    label, unit = labels.get(name, (name.replace("_", " "), ""))
    return Column(name=name, type=type_, label=str(label), unit=str(unit), key=name == "run_id" or name in keys)
