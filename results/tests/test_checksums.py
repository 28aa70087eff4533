"""Checksums of the collected files."""

import hashlib
from pathlib import Path

from results.checksums import collected_files
from results.collect import collect
from results.layout import COLLECTED
from results.schema import TABLES
from results.store import Store
from results.tests import packs


def test_every_collected_file_is_named_within_the_store_with_its_sum_size_and_rows(tmp_path: Path) -> None:
    store, ids = Store(tmp_path), packs.run_ids(3)
    store.write("pack", packs.pack(ids))
    collect(store, ids)
    files = collected_files(tmp_path)
    written = [table for table in TABLES if table in {*packs.pack(ids), "failures"}]
    assert [file.name for file in files] == [f"collected/{table}.parquet" for table in written]
    for table, file in zip(written, files, strict=True):
        content = store.layout.file(table, COLLECTED).read_bytes()
        assert (file.sha256, file.n_bytes) == (hashlib.sha256(content).hexdigest(), len(content))
        assert file.n_rows == len(store.read(table))


def test_a_store_without_collected_files_has_no_sums(tmp_path: Path) -> None:
    assert collected_files(tmp_path) == []
