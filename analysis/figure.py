"""A figure of a page, declared: what it shows, from which rows, and the function that draws it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from analysis.frames import StudyResults

if TYPE_CHECKING:
    import matplotlib.figure


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One figure, drawn from the rows of `table` in which all `columns` hold a value; without a table, from no runs.

    `number` and `study` are set by the page: figures are numbered in their order, and belong to their section's study.
    """

    slug: str
    title: str
    caption: str
    alt: str
    draw: "Callable[[StudyResults], matplotlib.figure.Figure]"
    table: str | None = "runs"
    columns: tuple[str, ...] = ()
    banded: bool = True
    of: Callable[[pd.DataFrame], pd.Series] | None = None
    number: int = 0
    study: str = ""

    @property
    def name(self) -> str:
        """File name, without its suffix."""
        return f"{self.number:02d}-{self.slug}"
