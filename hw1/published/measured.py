"""Values of our runs at the steps that a notebook printed: one per seed."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from hw1.published.printed import Series
from hw1.tables import TABLES

_NOT_SETTINGS = ("seed", "schema")


def runs_by_setting(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The rows of `runs`, each run once, by all of their spec but the seed."""
    runs = _table(tables, "runs").drop_duplicates("run_id").dropna(subset="spec")
    settings = runs["spec"].map(lambda text: setting(json.loads(text))).astype(object)
    return {str(name): rows for name, rows in runs.groupby(settings, sort=False)}


def setting(spec: Mapping[str, Any]) -> str:
    """A spec without its seed, as text that two specs share if they differ in nothing else."""
    return json.dumps({name: value for name, value in spec.items() if name not in _NOT_SETTINGS}, sort_keys=True)


def values(
    series: Series, runs: pd.DataFrame, tables: Mapping[str, pd.DataFrame]
) -> dict[int, Float[np.ndarray, " seed"]]:
    """By printed step, the finite values of those runs that were measured there, in the order of `runs`.

    A run that had met its stopping rule before keeps its last value: else only the slower ones would be left.
    """
    if not series.step:
        logged = runs[series.column].dropna().astype(float) // series.logged_every * series.logged_every
        return {step: _finite(logged) for step, _ in series.printed}
    curves = _table(tables, "curves")
    rows = curves[curves["run_id"].isin(runs["run_id"]) & (curves["end"] == series.end)]
    # Strict where `pivot_table` would average two rows of one run and step.
    wide = rows.pivot(index="run_id", columns="step", values=series.column)  # noqa: PD010
    steps = [step for step, _ in series.printed]
    wide = wide.reindex(index=runs["run_id"], columns=sorted({*wide.columns, *steps})).astype(float)
    has_met = runs["converged"].isin([True]).to_numpy() if "converged" in runs else np.zeros(len(runs), dtype=bool)
    wide[has_met] = wide[has_met].ffill(axis=1)
    return {int(step): _finite(wide[step]) for step in steps}


def _finite(column: pd.Series) -> Float[np.ndarray, " seed"]:
    found = column.to_numpy(float)
    finite: Float[np.ndarray, " seed"] = found[np.isfinite(found)]
    return finite


def _table(tables: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame:
    if name in tables:
        return tables[name]
    return pd.DataFrame({column.name: [] for column in TABLES[name]})
