"""What the tables' columns are called."""

import multiprocessing
from pathlib import Path
from typing import Any

import pytest

from hw1.tables import TABLES
from results.collect import collect
from results.schema import Column, Schema, Table, Type
from results.store import Store


def test_measured_columns_of_one_name_have_one_axis_label() -> None:
    labels: dict[str, set[str]] = {}
    for table in TABLES.keys() - {"failures"}:
        for column in TABLES[table]:
            labels.setdefault(column.name, set()).add(column.axis)
    assert {name: axes for name, axes in labels.items() if len(axes) > 1} == {}


def test_the_tables_of_two_projects_live_in_one_store(tmp_path: Path) -> None:
    Store(tmp_path, declared=[_table("one.runs", lr="float64")]).write("p", _pack("a", "one.runs", lr=[0.5]))
    Store(tmp_path, declared=[_table("two.runs", lr="string")]).write("q", _pack("b", "two.runs", lr=["high"]))
    store = Store(tmp_path)
    assert store.read("one.runs").to_pylist() == [{"run_id": "a", "lr": 0.5}]
    assert store.read("two.runs").to_pylist() == [{"run_id": "b", "lr": "high"}]
    collect(store, [])
    assert store.read_all().keys() >= {"one.runs", "two.runs"}
    assert store.done() == {"a", "b"}


def test_a_column_of_another_type_is_refused_and_whole_numbers_become_real(tmp_path: Path) -> None:
    Store(tmp_path, declared=[_table("one.runs", lr="int64")]).write("p", _pack("a", "one.runs", lr=[1]))
    with pytest.raises(
        ValueError, match=r"`one.runs.lr` is int64 in this store and string in this run: give it another"
    ):
        Store(tmp_path).write("q", _pack("b", "one.runs", lr=["x"]), declared=[_table("one.runs", lr="string")])
    Store(tmp_path).write("q", _pack("b", "one.runs", lr=[0.5]), declared=[_table("one.runs", lr="float64")])
    for _ in range(2):
        assert sorted(row["lr"] for row in Store(tmp_path).read("one.runs").to_pylist()) == [0.5, 1.0]
        collect(Store(tmp_path), [])


def test_writers_that_bring_new_tables_at_once_lose_none(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write_own, args=(tmp_path, k)) for k in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    store = Store(tmp_path)
    assert store.done() == {f"run{k}" for k in range(8)}
    assert [store.read(f"s{k}.runs").to_pylist() for k in range(8)] == [
        [{"run_id": f"run{k}", "x": k}] for k in range(8)
    ]


@pytest.mark.parametrize("name", ["Curves", "a-b", "../x", "a.b.c", "", "1st"])
def test_a_table_whose_name_is_no_file_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a name must be of lower-case letters"):
        Schema().merged([Table(name=name, columns=())])


def _write_own(out: Path, k: int) -> None:
    Store(out, declared=[_table(f"s{k}.runs", x="int64")]).write(f"p{k}", _pack(f"run{k}", f"s{k}.runs", x=[k]))


def _table(name: str, **types: Type) -> Table:
    columns = (Column(name=column, type=type_, label=column) for column, type_ in types.items())
    return Table(name=name, columns=tuple(columns))


def _pack(run_id: str, table: str, **columns: list[Any]) -> dict[str, dict[str, list[Any]]]:
    head = {"run_id": [run_id], "pack_id": ["p"], "kind": ["k"], "spec": ["{}"]}
    return {"runs": head, table: {"run_id": [run_id], **columns}}
