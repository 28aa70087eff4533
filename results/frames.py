"""The store's tables as pandas frames."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from results.schema import Table
from results.store import Store

if TYPE_CHECKING:
    import pandas as pd


def load(out: Path, declared: Iterable[Table] = ()) -> "dict[str, pd.DataFrame]":
    """Every table of an output folder, and those that a project declares; the store is only read.

    Raises:
        SchemaError: If it was written by another version, or has other columns than are declared.
    """
    return frames(Store(out, only_looks=True, declared=declared))


def frames(store: Store) -> "dict[str, pd.DataFrame]":
    """Every table by name, with the rows that `runs` vouches for; all empty where nothing has been written.

    Lists are numpy arrays, what was not measured is NaN or None; a column of whole numbers that has such gaps comes
    as float64, as pandas has it.
    """
    return {name: table.to_pandas(use_threads=False) for name, table in store.read_all().items()}
