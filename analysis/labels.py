"""Names of a project's spec fields, settings and columns on its page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from analysis.names import value
from results.schema import Column


@dataclass(frozen=True, kw_only=True, slots=True)
class Labels:
    """Names and labels; by default, names are written with spaces, and settings by the fields that vary.

    `fields`: spec fields in words. `values`: by field, those values that have words of their own. `settings`: by kind,
    a run's setting in words. `tables`: the project's tables, with each column's label and unit.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    settings: Mapping[str, Callable[[pd.Series], str]] = field(default_factory=dict)
    tables: Mapping[str, Sequence[Column]] = field(default_factory=dict)

    def field(self, name: str) -> str:
        """A spec field in words."""
        return self.fields.get(name, name.replace("_", " "))

    def value(self, name: str, of: object) -> str:
        """A field's value as a reader would say it."""
        return self.values.get(name, {}).get(str(of)) or value(of)

    def axis(self, name: str, table: str = "runs") -> str:
        """A column's label with its unit, as its own table has it, else as another one has."""
        tables = [self.tables.get(table, ()), *self.tables.values()]
        known = (column.axis for columns in tables for column in columns if column.name == name)
        return next(known, name.replace("_", " "))

    def columns(self, table: str) -> list[str]:
        """Names of a table's declared columns."""
        return [column.name for column in self.tables.get(table, ())]

    def setting(self, run: pd.Series, varying: Sequence[str]) -> str:
        """A run's setting in words, from the fields that vary where its kind has no words of its own."""
        if run["kind"] in self.settings:
            return self.settings[run["kind"]](run)
        return ", ".join(f"{self.field(name)} {value(run[name])}" for name in varying)
