"""Frames of one study: the runs that were expected, the rows that the store holds of them, and what is missing."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from hw1.specs import KINDS as SPEC_TYPES
from results.schema import TABLES


class NothingCollected(ValueError):  # noqa: N818 - named for what is the case, as the command line prints it
    """None of the expected runs is in the store."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """One study's part of a manifest and of the tables.

    `smoke`: whether any run of the manifest is a smoke run. `own`: the study's rows. `tables`: all that is collected.
    """

    name: str
    smoke: bool
    expected: pd.DataFrame
    own: Mapping[str, pd.DataFrame]
    tables: Mapping[str, pd.DataFrame]

    def where(self, mask: Callable[[pd.DataFrame], pd.Series]) -> "Study":
        """The study with only those expected runs for which the mask of the manifest holds.

        Of a study without expected runs the manifest need not have the columns that the mask asks for.
        """
        if self.expected.empty:
            return self
        return replace(self, expected=self.expected[mask(self.expected).astype(bool)])

    def table(self, name: str) -> pd.DataFrame:
        """Rows of one table that belong to finished runs of this study, joined with the manifest's columns."""
        rows = _table(self.own, name)
        columns = [column for column in rows.columns if column == "run_id" or column not in self.expected.columns]
        done = self.expected[self.expected["run_id"].isin(_table(self.own, "runs")["run_id"])]
        return rows[columns].merge(done, on="run_id", how="inner")

    def measured(self, name: str, columns: tuple[str, ...]) -> pd.DataFrame:
        """Rows of a table in which every one of these columns holds a value (a finite one, if it is a number)."""
        rows = self.table(name)
        values = rows[list(columns)]
        infinite = values.select_dtypes("number").isin([np.inf, -np.inf]).any(axis=1)
        return rows[values.notna().all(axis=1) & ~infinite]

    @property
    def runs(self) -> pd.DataFrame:
        """One row per finished run."""
        return self.table("runs")

    @property
    def missing(self) -> pd.DataFrame:
        """Manifest rows of the runs that are not finished."""
        return self.without(self.runs)

    def without(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Manifest rows of the runs of which these rows hold nothing."""
        return self.expected[~self.expected["run_id"].isin(rows["run_id"].unique())]


class Studies:
    """Studies by name: each the part of manifest and tables that belongs to it. Rows are looked up once a table."""

    def __init__(self, manifest: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> None:
        """Nothing is copied before a study is asked for."""
        self.manifest, self.tables = manifest, tables
        self._runs = {name: pd.factorize(rows["run_id"]) for name, rows in tables.items()}
        self._smoke = bool(manifest["smoke"].astype(bool).any())
        self._made: dict[str, Study] = {}

    def __getitem__(self, name: str) -> Study:
        """One study, made at its first use.

        Empty where the manifest does not name it, and then with the columns of every kind of run: those of the studies
        that it does name may lack some.
        """
        if name not in self._made:
            expected = self.manifest[self.manifest["study"] == name]
            if expected.empty:
                fields = [field.name for kind in SPEC_TYPES.values() for field in dataclasses.fields(kind)]
                expected = expected.reindex(columns=list(dict.fromkeys([*self.manifest.columns, *fields])))
            own = {table: self._rows(table, expected["run_id"]) for table in self.tables}
            self._made[name] = Study(name=name, smoke=self._smoke, expected=expected, own=own, tables=self.tables)
        return self._made[name]

    def _rows(self, table: str, run_ids: pd.Series) -> pd.DataFrame:
        rows, run_ids_there = self._runs[table]
        return self.tables[table][run_ids_there.isin(run_ids)[rows]]


def finished(manifest: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The rows of `runs` that the manifest expects, each run once.

    Raises:
        NothingCollected: If there is none.
    """
    runs = _table(tables, "runs")
    runs = runs[runs["run_id"].isin(manifest["run_id"])].drop_duplicates("run_id")
    if runs.empty:
        n_runs = manifest["run_id"].nunique()
        raise NothingCollected(
            f"none of the {n_runs} expected runs is done: train them with `hw1 submit --local` "
            "(with the same --study, --preset, --seeds and --smoke)"
        )
    return runs


def _table(tables: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame:
    if name in tables:
        return tables[name]
    return pd.DataFrame({column.name: [] for column in TABLES[name]})
