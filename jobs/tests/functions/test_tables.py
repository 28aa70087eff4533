"""Tables of a function's runs: types and labels of parameters, metrics and logged columns."""

from typing import Any, Literal

import pytest

from jobs import Column, Run, grid, study
from jobs.functions.rows import RowError, cell
from jobs.functions.values import column_type
from jobs.tests.functions.test_drive import drive

LOSS = Column(name="loss", type="float64", label="mean squared error", unit="V²")


@study(runs=grid(lr=[1, 0.1], layers=[[8, 32]], act=["relu"]), columns=[LOSS])
def fit(run: Run, *, lr: float, layers: list[int], act: str, note: str | None = None) -> dict[str, Any]:
    assert type(layers) is list
    run.log(loss=lr)
    return {"loss": lr, "is_good": True, "nothing": None, "n": 1 if lr == 1 else 0.5}


def test_every_column_has_a_type_and_a_label() -> None:
    last = drive(fit)
    assert last.tables is not None
    described = {table.name: {c.name: c for c in table.columns} for table in fit.study.kinds[0].described(last.tables)}
    assert {name: c.type for name, c in described["fit.runs"].items()} == {
        "run_id": "string",
        "lr": "float64",
        "layers": "string",
        "act": "string",
        "loss": "float64",
        "is_good": "bool",
        "n": "float64",
    }
    assert described["fit.log"]["loss"] is described["fit.runs"]["loss"] is LOSS
    assert [c.name for c in described["fit.log"].values() if c.key] == ["run_id", "step"]
    for table, columns in last.tables.items():
        assert table == "runs" or list(described[table]) == list(columns)
    assert last.tables["fit.runs"]["layers"] == ["[8, 32]", "[8, 32]"]
    assert last.tables["fit.runs"]["n"] == [1.0, 0.5]


def test_parameters_are_columns_before_any_run_has_returned() -> None:
    (table,) = fit.study.kinds[0].tables()
    assert (table.name, [column.name for column in table.columns]) == (
        "fit.runs",
        ["run_id", "lr", "layers", "act", "note"],
    )


def test_a_parameters_column_has_its_annotations_type() -> None:
    hints = (int, int | None, float | int, Literal["a"], Literal[1, "a"], list[int], bool | None)
    assert [column_type(hint) for hint in hints] == ["int64", "int64", "float64", "string", "string", "string", "bool"]


def test_a_whole_number_that_no_column_holds_is_refused_where_it_is_logged() -> None:
    assert cell("n", -(2**63), "run.log, row 1") == -(2**63)
    with pytest.raises(RowError, match=r"^run.log, row 1: `n` must fit into 64 bits, got 9223372036854775808: make it"):
        cell("n", 2**63, "run.log, row 1")
