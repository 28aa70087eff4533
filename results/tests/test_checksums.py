"""Checksums of the collected files."""

import hashlib
import subprocess
from pathlib import Path

from hw1.tables import TABLES
from results.checksums import files_read
from results.collect import collect
from results.tests import packs
from results.tests.stores import Store


def test_every_collected_file_is_named_within_the_store_with_its_sum_size_and_rows(tmp_path: Path) -> None:
    store, ids = Store(tmp_path), packs.run_ids(3)
    store.write("pack", packs.pack(ids))
    collect(store, ids)
    files = files_read(tmp_path)
    written = [*(table for table in store.layout.tables.tables if table in packs.pack(ids)), "failures"]
    paths = [packs.file(store, table) for table in written]
    assert [file.name for file in files] == [f"collected/{path.name}" for path in paths]
    for table, path, file in zip(written, paths, files, strict=True):
        content = path.read_bytes()
        assert (file.sha256, file.n_bytes) == (hashlib.sha256(content).hexdigest(), len(content))
        assert file.n_rows == len(store.read(table))


def test_files_that_are_not_collected_have_one_sum_which_a_shell_gives_too(tmp_path: Path) -> None:
    store, ids = Store(tmp_path), packs.run_ids(4)
    for k in range(2):
        store.write(f"p{k}", packs.pack(ids[2 * k : 2 * k + 2]))
    (file,) = files_read(tmp_path)
    command = f"cat {file.name} | sha256sum"
    said = subprocess.check_output(["sh", "-c", command], cwd=store.layout.folder, env={"LC_ALL": "C"}, text=True)
    assert said.split()[0] == file.sha256
    assert file.n_rows == sum(len(store.read(table)) for table in TABLES)


def test_a_store_without_files_read_has_no_sums(tmp_path: Path) -> None:
    assert files_read(tmp_path) == []
