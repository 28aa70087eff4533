"""Notes at the end of a `runs` file."""

import secrets
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from results import parquet
from results.columns import arrow_schema
from results.encode import encoded
from results.notes import at_end
from results.schema import CORE, PACK
from results.vouchers import Size, Written

RUNS = CORE["runs"]


def a_file(path: Path, n_runs: int, n_packs: int) -> pa.Table:
    """A file of the table `runs` that vouches for one of another table; its rows."""
    values = {
        "run_id": [f"{k:016x}" for k in range(n_runs)],
        "pack_id": [f"p{k % n_packs}" for k in range(n_runs)],
        "kind": ["k"] * n_runs,
        "spec": [f'{{"kind":"k","seed":{k}}}' for k in range(n_runs)],
        "pack_seconds": [0.1 * k for k in range(n_runs)],
    }
    arrow = [encoded(values.get(field.name, [None] * n_runs), field.type) for field in arrow_schema(RUNS)]
    rows = pa.Table.from_arrays(arrow, schema=arrow_schema(RUNS))
    others = {"log": Written(Size(123, 2 * n_runs), dict.fromkeys(values["run_id"], 2))}
    with path.open("wb") as file:
        parquet.write(file, RUNS, [rows], token=secrets.token_hex(4), vouched=others)
    return rows


@pytest.mark.parametrize(("n_runs", "n_packs"), [(1, 1), (50, 1), (50, 7), (300, 300), (1000, 50), (1001, 1)])
def test_a_commit_and_its_packs_are_as_a_reader_of_parquet_tells_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_runs: int, n_packs: int
) -> None:
    rows = a_file(tmp_path / "p.parquet", n_runs, n_packs)
    told = parquet.commit(tmp_path / "p.parquet", RUNS), parquet.packs(tmp_path / "p.parquet", RUNS, PACK)
    notes = at_end(tmp_path / "p.parquet")
    assert notes is not None
    assert ("run_ids" in notes, "packs" in notes) == (n_runs <= 1000, n_packs <= 50)
    monkeypatch.setattr(parquet, "at_end", lambda _: None)
    read = parquet.commit(tmp_path / "p.parquet", RUNS), parquet.packs(tmp_path / "p.parquet", RUNS, PACK)
    assert told[0].run_ids == read[0].run_ids == rows["run_id"].to_pylist()
    assert told[0].array().equals(rows["run_id"])
    assert told[0].n_rows_of("log") == read[0].n_rows_of("log") == dict.fromkeys(told[0].run_ids, 2)
    assert told[0].sizes == read[0].sizes == {"log": (123, 2 * n_runs)}
    assert told[1] == read[1]
    assert {row["pack_id"]: row["spec"] for row in told[1]} == dict(
        zip(rows["pack_id"].to_pylist(), rows["spec"].to_pylist(), strict=True)
    )


@given(data=st.data())
def test_an_altered_file_has_its_own_notes_or_none(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("notes") / "p.parquet"
    a_file(path, 3, 1)
    whole, notes = path.read_bytes(), at_end(path)
    at = data.draw(st.integers(0, len(whole) - 1), label="at")
    how = data.draw(st.sampled_from(["flip", "cut", "drop", "double", "zeros"]), label="how")
    n = data.draw(st.integers(1, 200), label="n")
    altered = {
        "flip": whole[:at] + bytes([whole[at] ^ (1 << n % 8)]) + whole[at + 1 :],
        "cut": whole[:at],
        "drop": whole[:at] + whole[at + n :],
        "double": whole[: at + n] + whole[at:],
        "zeros": whole[:at] + bytes(len(whole[at : at + n])) + whole[at + n :],
    }[how]
    other = path.with_name("altered.parquet")
    other.write_bytes(altered)
    found = at_end(other)
    assert found is None or found == notes
    if found is not None:
        assert len(altered) == len(whole)


def test_a_file_that_replaces_another_has_its_own_notes(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    for n_runs in (2, 3):
        a_file(tmp_path / "new", n_runs, 1)
        (tmp_path / "new").replace(path)
        assert len(parquet.commit(path, RUNS).run_ids) == n_runs


def test_a_file_without_notes_of_ours_has_none(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": pa.array([1, 2])}), tmp_path / "p.parquet")
    assert at_end(tmp_path / "p.parquet") is None
    (tmp_path / "p.parquet").write_bytes(b"")
    assert at_end(tmp_path / "p.parquet") is None
    with pytest.raises(FileNotFoundError):
        at_end(tmp_path / "none")
