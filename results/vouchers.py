"""The content of a commit, as its `runs` file vouches for it."""

import zlib
from base64 import b85decode, b85encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

_INT = np.dtype("<i4")


class Size(NamedTuple):
    """Bytes and rows of a whole file."""

    n_bytes: int
    n_rows: int


class Written(NamedTuple):
    """A file as it was written: its size, and how many of its rows each run has."""

    size: Size
    n_rows_of: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Commit:
    """The runs that a `runs` file holds, and the files of other tables that it vouches for.

    All files of one commit share its ``token``, so that none is taken for another's. Files of older versions have no
    token and no ``counts``.
    """

    ids: "pa.ChunkedArray | list[str]"
    sizes: Mapping[str, Size]
    token: str = ""
    counts: Mapping[str, str] = field(default_factory=dict)
    """By table, packed: the rows that each run has there."""

    @cached_property
    def run_ids(self) -> list[str]:
        """Its runs; a million take a tenth of a second to become texts of Python's."""
        found: list[str] = self.ids if isinstance(self.ids, list) else self.ids.to_pylist()
        return found

    def array(self) -> "pa.ChunkedArray":
        """The same as Arrow has them."""
        if not isinstance(self.ids, list):
            return self.ids
        import pyarrow as pa  # noqa: PLC0415

        from results.encode import encoded  # noqa: PLC0415

        return pa.chunked_array([encoded(self.ids, pa.string())])

    def n_rows_of(self, table: str) -> dict[str, int] | None:
        """Number of rows in a table, by run; None if that is not known."""
        counts = self._counts(table)
        return None if counts is None else dict(zip(self.run_ids, counts.tolist(), strict=True))

    def n_rows(self, table: str) -> int | None:
        """Number of rows that its runs have in a table; None if that is not known."""
        counts = self._counts(table)
        return None if counts is None else int(counts.sum())

    def _counts(self, table: str) -> "np.ndarray[Any, Any] | None":
        try:
            counts = np.frombuffer(zlib.decompress(b85decode(self.counts[table])), _INT)
        except (KeyError, ValueError, zlib.error):  # of an older version, or damaged
            return None
        return counts if len(counts) == len(self.ids) else None


def noted(token: str, run_ids: Sequence[str], vouched: Mapping[str, Written]) -> dict[str, Any]:
    """Notes that a `runs` file has of the other files of its commit, for JSON."""
    counts = {
        table: np.array([written.n_rows_of.get(run_id, 0) for run_id in run_ids], _INT)
        for table, written in vouched.items()
    }
    return {
        "n_rows": len(run_ids),
        "token": token,
        "sizes": {table: written.size for table, written in vouched.items()},
        "counts": {table: b85encode(zlib.compress(array.tobytes())).decode() for table, array in counts.items()},
    }


def commit_of(ids: "pa.ChunkedArray | list[str]", notes: Mapping[str, Any]) -> Commit:
    """The commit that such notes tell of.

    Raises:
        ValueError: If they are not such notes.
    """
    try:
        sizes = {table: Size(int(n_bytes), int(n_rows)) for table, (n_bytes, n_rows) in notes["sizes"].items()}
        counts = {table: str(text) for table, text in notes.get("counts", {}).items()}
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("its notes of the other tables are not as they were written") from error
    return Commit(ids=ids, sizes=sizes, token=str(notes.get("token", "")), counts=counts)
