"""One row a printed value: what was printed, what our seeds have, and where it lies beside them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

from hw1.published.measured import runs_by_setting, setting, values
from hw1.published.printed import Series, printed
from hw1.published.status import Scale, Status, centre, status


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A printed value beside ours. Without a value of ours, `ours` and what describes it are NaN.

    `ours`: median or mean over seeds, as the series' scale has it. `low`, `high`: lowest and highest seed.
    `deviation`: sample standard deviation, from two seeds on. `quarters`: first and third quartile. `n_seeds`: seeds
    measured at this step. `n_runs`: seeds collected.
    """

    series: Series
    step: int
    printed: float
    ours: float
    low: float
    high: float
    deviation: float
    quarters: tuple[float, float]
    n_seeds: int
    n_runs: int
    status: Status

    @property
    def effect(self) -> float:
        """Ours less the printed accuracy, ours over the printed value of all else; NaN where either says nothing."""
        if self.series.scale is Scale.ACCURACY:
            return self.ours - self.printed
        if self.series.scale is Scale.YES_NO or self.printed == 0:
            return math.nan
        return self.ours / self.printed


def rows(tables: Mapping[str, pd.DataFrame]) -> tuple[tuple[Row, ...], ...]:
    """Every printed value held against the collected runs of the same settings: the rows of each series in order."""
    found = runs_by_setting(tables)
    none = pd.DataFrame({"run_id": []})
    return tuple(_of_series(series, found.get(setting(series.spec), none), tables) for series in printed().series)


def _of_series(series: Series, runs: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> tuple[Row, ...]:
    ours = values(series, runs, tables) if len(runs) else {}
    return tuple(
        _row(series, step, value, ours.get(step, np.array([])), n_runs=len(runs)) for step, value in series.printed
    )


def _row(series: Series, step: int, value: float, ours: Float[np.ndarray, " seed"], *, n_runs: int) -> Row:
    nan, n = math.nan, len(ours)
    absent = Status.NOT_REACHED if n_runs else Status.NOT_RUN
    return Row(
        series=series,
        step=step,
        printed=value,
        ours=centre(series.scale, ours) if n else nan,
        low=float(ours.min()) if n else nan,
        high=float(ours.max()) if n else nan,
        deviation=float(ours.std(ddof=1)) if n > 1 else nan,
        quarters=(float(np.quantile(ours, 0.25)), float(np.quantile(ours, 0.75))) if n else (nan, nan),
        n_seeds=n,
        n_runs=n_runs,
        status=status(series.scale, value, ours, decimals=series.decimals) if n else absent,
    )
