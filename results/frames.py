"""The store's tables as pandas frames."""

from pathlib import Path
from typing import TYPE_CHECKING

from results.store import Store

if TYPE_CHECKING:
    import pandas as pd


def load(out: Path) -> "dict[str, pd.DataFrame]":
    """Every table of an output folder; the store is only read.

    Raises:
        SchemaError: If it was written with other tables than this version knows.
    """
    return frames(Store(out, only_looks=True))


def frames(store: Store) -> "dict[str, pd.DataFrame]":
    """Every table by name, with the rows that `runs` vouches for; all empty where nothing has been written.

    Lists are numpy arrays, what was not measured is NaN or None; a column of whole numbers that has such gaps comes
    as float64, as pandas has it.
    """
    return {name: table.to_pandas() for name, table in store.read_all().items()}
