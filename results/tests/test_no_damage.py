"""Files that only look like damage: foreign files, schemas, stores of other versions."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from results import parquet
from results.collect import collect
from results.errors import SchemaError, StoreError
from results.tests import packs
from results.tests.stores import Store
from results.tests.test_damage import IDS, REFERENCE, collected, files


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A store of eight collected runs."""
    return collected(tmp_path / "out")


def test_what_is_no_file_of_ours_is_ignored(out: Path) -> None:
    parts = out / "store" / "parts" / "runs"
    for name in ("._p-1.parquet", ".p.parquet", "a b.parquet", "x.parquet.bak"):
        (parts / name).write_bytes(b"no")
    (parts / os.fsdecode(b"\xff.parquet")).write_bytes(b"no")
    (parts / "folder.parquet").mkdir()
    os.mkfifo(parts / "fifo.parquet")
    (parts / "loop.parquet").symlink_to("loop.parquet")
    before = files(out / "store" / "collected")
    store = Store(out)
    assert store.done() == set(IDS)
    assert len(store.packs("spec")) == 1
    assert collect(store, IDS).damaged == ()
    assert files(out / "store" / "collected") == before


def _one_line(read: Callable[[], object]) -> str:
    """The file that is named where reading is refused in one line."""
    try:
        read()
    except StoreError as error:
        return next(
            (word.strip("':;") for word in str(error).split() if "\n" not in str(error) and "/" in word), "no file"
        )
    return ""


@pytest.mark.parametrize("table", ["runs", "curves", "failures"])
@pytest.mark.parametrize("kind", ["folder", "fifo", "loop"])
def test_something_else_in_the_place_of_a_collected_file_is_one_line_and_stays(
    out: Path, table: str, kind: str
) -> None:
    path = packs.file(Store(out), table)
    path.unlink()
    {"folder": path.mkdir, "fifo": lambda: os.mkfifo(path), "loop": lambda: path.symlink_to(path.name)}[kind]()
    assert _one_line(lambda: [Store(out).done_and_failed(), Store(out).read_all()]) in {"", str(path)}
    assert os.path.lexists(path)
    assert not (out / "store" / "damaged").exists()


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"null", b"[]", b'{"schema": 1}', b'{"schema": 1, "tables": {"runs": 7}}', b"[" * 100_000]
)
def test_a_damaged_schema_is_one_line_with_a_remedy(out: Path, content: bytes) -> None:
    (out / "store" / "schema.json").write_bytes(content)
    with pytest.raises(StoreError, match=r"schema.json does not say .*: copy it from a backup") as caught:
        Store(out)
    assert "\n" not in str(caught.value)


def test_a_schema_that_is_no_file_is_one_line(out: Path) -> None:
    schema = out / "store" / "schema.json"
    schema.unlink()
    for make in (schema.mkdir, lambda: os.mkfifo(schema), lambda: schema.symlink_to("schema.json")):
        make()
        with pytest.raises(StoreError, match=r"schema\.json"):
            Store(out)
        schema.rmdir() if schema.is_dir() else schema.unlink()


def test_a_file_of_a_newer_version_is_no_damage(out: Path) -> None:
    path = packs.file(Store(out), "curves")
    table = pq.read_table(path)
    with path.open("wb") as file, pq.ParquetWriter(file, table.append_column("new", table["step"]).schema) as writer:
        writer.write_table(table.append_column("new", table["step"]))
        writer.add_key_value_metadata({b"hw1": b"{}"})
    with pytest.raises(
        SchemaError, match=r"`curves` was written with the columns new, which schema.json does not have"
    ):
        list(parquet.rows(path, Store(out).layout.table("curves")))


def test_a_store_from_before_commits_had_tokens_is_read_added_to_and_collected(tmp_path: Path) -> None:
    shutil.copytree(REFERENCE, tmp_path / "store", ignore=shutil.ignore_patterns("snapshots*"))
    runs = tmp_path / "store" / "collected" / "runs.parquet"
    notes = json.loads(pq.read_metadata(runs).metadata[b"hw1"])
    del notes["sizes"]["snapshots"]  # most of the bytes
    table = pq.read_table(runs)
    with runs.open("wb") as file, pq.ParquetWriter(file, table.schema, store_schema=False) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({b"hw1": json.dumps(notes).encode()})
    before = {name: len(rows) for name, rows in Store(tmp_path).read_all().items()}
    assert before["runs"] == table.num_rows > 600
    Store(tmp_path).write("p", packs.pack(IDS[:1]))
    assert collect(Store(tmp_path), IDS[:1]).missing == ()
    after = {name: len(rows) for name, rows in Store(tmp_path).read_all().items()}
    added = packs.of_run(IDS[0])
    assert after == {name: n + len(added.get(name, [])) for name, n in before.items()}
    assert not list((tmp_path / "store" / "collected").glob("curves.parquet"))


@pytest.mark.parametrize(("n_rows", "n_left"), [(3, 0), (1000, 8)], ids=["older", "newer"])
def test_without_tokens_a_newer_collected_file_is_a_compaction_cut_short_and_an_older_one_is_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_rows: int, n_left: int
) -> None:
    monkeypatch.setattr(parquet, "noted", lambda *args: {"sizes": {t: w.size for t, w in args[2].items()}})
    store = Store(tmp_path)
    monkeypatch.setattr("results.collect.secrets.token_hex", lambda _: "")
    store.write("p", packs.pack(IDS))
    collect(store, [])
    path = tmp_path / "store" / "collected" / "curves.parquet"
    whole = pq.read_table(path)
    other = pa.concat_tables([whole] * (1 + n_rows // len(whole))).slice(0, n_rows)
    with path.open("wb") as file:
        parquet.write(file, store.layout.table("curves"), [other])
    looked = Store(tmp_path, only_looks=True)
    assert len(looked.done()) == n_left
    assert ["an older file" in damage.reason for damage in looked.damaged] == [True] * (n_left == 0)
