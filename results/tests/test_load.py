"""Rows of a study's own table are told with the text of their own run, in whatever order files have them."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from results.collect import collect
from results.load import members
from results.schema import Column, Table
from results.store import Store

OWN = Table(
    name="fit.runs",
    columns=(
        Column(name="run_id", type="string", label="run", key=True),
        Column(name="loss", type="float64", label="loss"),
    ),
)


def write(store: Store, pack_id: str, numbers: list[int], order: list[int]) -> None:
    """Runs of these numbers, whose own rows stand in another order."""
    ids = [f"{n:016x}" for n in numbers]
    runs = {"run_id": ids, "pack_id": [pack_id] * len(ids), "kind": ["fit"] * len(ids), "spec": [*map(str, numbers)]}
    own = {"run_id": [f"{n:016x}" for n in order], "loss": [float(n) for n in order]}
    store.write(pack_id, {"runs": runs, "fit.runs": own}, declared=(OWN,))


@pytest.mark.parametrize("is_collected", [False, True])
def test_rows_are_told_by_their_own_text(tmp_path: Path, *, is_collected: bool) -> None:
    store = Store(tmp_path)
    write(store, "p", [1, 2, 3], [1, 2, 3])
    write(store, "q", [3, 4, 5, 6], [6, 4, 3])  # 3 is a row of the first already, 5 has none of its own
    if is_collected:
        collect(store, ())
    seen = []

    def even(rows: pa.Table, specs: pa.ChunkedArray) -> pa.ChunkedArray:
        seen.extend(zip(rows["loss"].to_pylist(), specs.to_pylist(), strict=True))
        return pc.match_substring_regex(specs, "[0246]")

    kept = members(Store(tmp_path), "fit", ["run_id", "loss"], even)
    assert kept["loss"].to_pylist() == [2.0, 6.0, 4.0]
    assert seen == [(n, f"{n:g}") for n in (1.0, 2.0, 3.0, 6.0, 4.0)]
