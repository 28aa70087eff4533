"""A file is read as it was written, or reported as damaged."""

import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from hw1.tables import DECLARED
from results import parquet
from results.columns import checked
from results.errors import DamagedError
from results.schema import Schema
from results.tests import packs

SCHEMA = Schema().merged(DECLARED)
TABLE = SCHEMA.tables


def _written(table: str) -> bytes:
    file = io.BytesIO()
    parquet.write(file, TABLE[table], [checked("p", packs.pack(packs.run_ids(5)), SCHEMA)[table]])
    return file.getvalue()


def _read(path: Path, table: str) -> list[str]:
    return packs.shown([row for piece in parquet.rows(path, TABLE[table]) for row in piece.to_pylist()])


@pytest.mark.parametrize("table", ["runs", "curves", "snapshots"])
def test_no_flipped_bit_gives_other_rows(tmp_path: Path, table: str) -> None:
    whole, path = _written(table), tmp_path / f"{table}.parquet"
    path.write_bytes(whole)
    expected, n_noticed, bits = _read(path, table), 0, range(0, len(whole) * 8, 61)
    for bit in bits:
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        try:
            assert _read(path, table) == expected, f"bit {bit} of {len(bits)}"
        except DamagedError:
            n_noticed += 1
    assert n_noticed > len(bits) / 2


@pytest.mark.parametrize("table", ["runs", "curves"])
def test_every_shortened_file_is_noticed_at_its_end(tmp_path: Path, table: str) -> None:
    whole, path = _written(table), tmp_path / f"{table}.parquet"
    for n_bytes in range(0, len(whole), 97):
        path.write_bytes(whole[:n_bytes])
        with pytest.raises(DamagedError, match=str(path)):
            parquet.n_rows(path, TABLE[table])


def test_a_file_of_another_table_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "curves.parquet"
    path.write_bytes(_written("snapshots"))
    with pytest.raises(DamagedError, match=r"it has \['epoch', 'layer', 'weights'\] unknown columns"):
        _read(path, "curves")


def test_what_the_system_refuses_is_not_damage(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        _read(tmp_path / "none.parquet", "curves")
    (tmp_path / "loop.parquet").symlink_to("loop.parquet")
    with pytest.raises(OSError, match="symbolic links"):
        _read(tmp_path / "loop.parquet", "curves")


def test_many_small_pieces_become_few_row_groups() -> None:
    piece = checked("p", packs.pack(packs.run_ids(5)), SCHEMA)["curves"]
    file = io.BytesIO()
    size, n_rows_of = parquet.write(file, TABLE["curves"], [piece] * 5000)
    assert size == (len(file.getvalue()), 5000 * len(piece))
    assert sum(n_rows_of.values()) == size.n_rows
    assert pq.ParquetFile(file).num_row_groups == 1 + 5000 * len(piece) // 65_536


def test_a_file_from_before_a_column_was_added_is_read_with_nulls_there(tmp_path: Path) -> None:
    new = checked(
        "p", {"runs": {"run_id": ["a"], "pack_id": ["p"], "kind": ["k"], "spec": ["{}"], "cpu": ["x"]}}, SCHEMA
    )["runs"]
    old = new.drop_columns(["cpu", "cpu_capability"])
    path = tmp_path / "runs.parquet"
    with path.open("wb") as file, pq.ParquetWriter(file, old.schema) as writer:
        writer.write_table(old)
        writer.add_key_value_metadata({b"hw1": json.dumps({"n_rows": 1, "sizes": {}}).encode()})
    [read] = parquet.rows(path, TABLE["runs"])
    assert read.to_pylist() == [{**new.to_pylist()[0], "cpu": None}]
    assert parquet.packs(path, TABLE["runs"], ["cpu", "pack_id"]) == [{"cpu": None, "pack_id": "p"}]
    with path.open("wb") as file, pq.ParquetWriter(file, old.drop_columns(["kind"]).schema) as writer:
        writer.write_table(old.drop_columns(["kind"]))
    with pytest.raises(DamagedError, match="columns"):
        list(parquet.rows(path, TABLE["runs"]))
