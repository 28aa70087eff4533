"""What is known of a figure before it is drawn."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from analysis.frames import Study


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One figure, drawn from the rows of `table` in which all `columns` hold a value; without a table, from no runs."""

    number: int
    slug: str
    study: str
    title: str
    caption: str
    alt: str
    draw: Callable[[Study], Figure]
    table: str | None = "curves"
    columns: tuple[str, ...] = ("train_loss",)
    banded: bool = True
    of: Callable[[pd.DataFrame], pd.Series] | None = None

    @property
    def name(self) -> str:
        """File name, without its suffix."""
        return f"{self.number:02d}-{self.slug}"
