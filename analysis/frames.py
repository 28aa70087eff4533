"""Frames of one study: the runs that were expected, the rows that the store holds of them, and what is missing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd

from analysis import names
from analysis.labels import Labels

Made = TypeVar("Made")


class NothingCollected(ValueError):  # noqa: N818 - named for what is the case, as the command line prints it
    """None of the expected runs is in the store."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyResults:
    """One study's part of a manifest and of the tables.

    `smoke`: whether any run of the manifest is a smoke run. `own`: the study's rows. `tables`: all that is collected.
    `expected`: the manifest's rows, each with its setting in words (`names.SETTING`).
    """

    name: str
    smoke: bool
    expected: pd.DataFrame
    own: Mapping[str, pd.DataFrame]
    tables: Mapping[str, pd.DataFrame]
    labels: Labels
    _joined: dict[str, pd.DataFrame] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Tables that were asked for before."""
    _parts: dict[Callable[[pd.DataFrame], pd.Series], "StudyResults"] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Parts that were, by their masks."""
    _made: dict[Callable[["StudyResults"], Any], Any] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Results of functions of the study, by function."""

    def where(self, mask: Callable[[pd.DataFrame], pd.Series]) -> "StudyResults":
        """The study with only those expected runs for which the mask of the manifest holds."""
        if mask not in self._parts:
            self._parts[mask] = replace(self, expected=self.expected[mask(self.expected).astype(bool)])
        return self._parts[mask]

    def once(self, make: Callable[["StudyResults"], Made]) -> Made:
        """A function's result for this study, computed at the first call."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast("Made", self._made[make])

    def table(self, name: str) -> pd.DataFrame:
        """Rows of one table that belong to finished runs of this study, joined with the manifest's columns.

        Of two columns with one name, the manifest's counts in a table of one row a run, the table's own in others: a
        parameter called `step` does not hide the step of a log.
        """
        if name not in self._joined:
            self._joined[name] = self._join(name)
        return self._joined[name].copy(deep=False)

    def _join(self, name: str) -> pd.DataFrame:
        rows = self._rows(name)
        done = self.expected[self.expected["run_id"].isin(self._rows("runs")["run_id"])]
        if "n_params" in rows and "n_params" in done and done["n_params"].isna().all():  # the study's own metric
            done = done.drop(columns="n_params")
        both = (rows.columns.intersection(done.columns)).drop("run_id")
        if name.rpartition(".")[2] == "runs":
            rows = rows.drop(columns=both)
        return rows.merge(done.drop(columns=both.intersection(rows.columns)), on="run_id", how="inner")

    def columns(self, name: str) -> list[str]:
        """Names of a table's own columns; its runs' ids left out."""
        return [column for column in self._rows(name).columns if column != "run_id"]

    def measured(self, name: str, columns: tuple[str, ...]) -> pd.DataFrame:
        """Rows of a table in which every one of these columns holds a value (a finite one, if it is a number)."""
        rows = self.table(name)
        values = rows.reindex(columns=list(columns))
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

    def _rows(self, name: str) -> pd.DataFrame:
        """The study's rows of a table, with every column that is declared for it."""
        rows = self.own.get(name, pd.DataFrame({"run_id": pd.Series(dtype=str)}))
        absent = [column for column in self.labels.columns(name) if column not in rows]
        return rows.reindex(columns=[*rows.columns, *absent]) if absent else rows

    def without(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Manifest rows of the runs of which these rows hold nothing."""
        return self.expected[~self.expected["run_id"].isin(rows["run_id"].unique())]


class Results:
    """Results by study: each the part of manifest and tables that belongs to it. Rows are looked up once a table."""

    def __init__(
        self, manifest: pd.DataFrame, tables: Mapping[str, pd.DataFrame], labels: Labels | None = None
    ) -> None:
        """Nothing is copied before a study is asked for."""
        self.manifest, self.tables, self.labels = manifest, tables, labels or Labels()
        self._runs = {name: pd.factorize(rows["run_id"]) for name, rows in tables.items()}
        self._smoke = bool(manifest["smoke"].astype(bool).any())
        self._made: dict[str, StudyResults] = {}

    def __getitem__(self, name: str) -> StudyResults:
        """One study, made at its first use; empty where the manifest does not name it."""
        if name not in self._made:
            expected = self.manifest[self.manifest["study"] == name]
            self._made[name] = StudyResults(
                name=name,
                smoke=self._smoke,
                expected=names.named(expected, self.labels.setting),
                own={table: self._rows(table, expected["run_id"]) for table in self.tables},
                tables=self.tables,
                labels=self.labels,
            )
        return self._made[name]

    def _rows(self, table: str, run_ids: pd.Series) -> pd.DataFrame:
        rows, run_ids_there = self._runs[table]
        return self.tables[table][run_ids_there.isin(run_ids)[rows]]


def finished(manifest: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The rows of `runs` that the manifest expects, each run once.

    Raises:
        NothingCollected: If there is none.
    """
    runs = tables.get("runs", pd.DataFrame({"run_id": []}))
    runs = runs[runs["run_id"].isin(manifest["run_id"])].drop_duplicates("run_id")
    if runs.empty:
        n_runs = manifest["run_id"].nunique()
        raise NothingCollected(
            f"none of the {n_runs} expected runs is done: train them with `hw1 submit --local` "
            "(with the options of this command that choose runs)"
        )
    return runs
