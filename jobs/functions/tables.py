"""Tables of a function's runs: one row a run, and one row a call of `run.log`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jobs.functions.declared import Declared
from jobs.functions.rows import Cell
from jobs.functions.values import COLUMN_TYPES, cell, column_type
from jobs.spec import Spec
from jobs.state import Tables, columns, merged

if TYPE_CHECKING:
    from results.schema import Column, Table


def rows_of(
    declared: Declared,
    specs: Sequence[Spec],
    returned: Mapping[str, Mapping[str, Cell]],
    logged: Mapping[str, Mapping[str, list[Cell]]],
) -> Tables:
    """The tables of the runs that have ended: `runs`, and the study's `runs` and `log`."""
    if not returned:
        return {"runs": {"run_id": []}}
    hints = declared.parameters.hints
    rows = [
        {"run_id": s.run_id, **{name: cell(v, hints[name]) for name, v in s.values().items()}, **returned[s.run_id]}
        for s in specs
        if s.run_id in returned
    ]
    logs: list[Tables] = [
        {f"{declared.name}.log": {"run_id": [run_id] * len(of["step"]), **dict(of)}}
        for run_id, of in logged.items()
        if of
    ]
    tables = {"runs": {"run_id": list(returned)}, f"{declared.name}.runs": columns(rows), **merged(logs)}
    return {
        table: {name: _even(values) for name, values in of.items() if _told(values)} for table, of in tables.items()
    }


def described(declared: Declared, tables: Mapping[str, Mapping[str, Sequence[Any]]]) -> "tuple[Table, ...]":
    """The study's tables with every column's type and label: parameters by annotation, the others by their values."""
    from results.schema import Table  # noqa: PLC0415 - a study's file needs none

    given = {column.name: column for column in declared.columns}
    run = _key("run_id", "string", "run")
    known = {name: _column(name, column_type(hint), given) for name, hint in declared.parameters.hints.items()}
    of_runs = {"run_id": run, **known}
    of_log = {"run_id": run, "step": _key("step", "int64", "step")}
    tables = {f"{declared.name}.runs": dict.fromkeys(of_runs, ()), **tables}
    return tuple(
        Table(name=table, columns=tuple(are.get(name) or _column(name, _type(v), given) for name, v in of.items()))
        for table, are in ((f"{declared.name}.runs", of_runs), (f"{declared.name}.log", of_log))
        if (of := tables.get(table))
    )


def _column(name: str, type_: Any, given: "Mapping[str, Column]") -> "Column":  # noqa: ANN401 - one of few words
    from results.schema import Column  # noqa: PLC0415

    return given[name] if name in given else Column(name=name, type=type_, label=name.replace("_", " "))


def _key(name: str, type_: Any, label: str) -> "Column":  # noqa: ANN401 - one of few words
    from results.schema import Column  # noqa: PLC0415

    return Column(name=name, type=type_, label=label, key=True)


def _type(values: Sequence[Any]) -> str:
    return COLUMN_TYPES[next(type(value) for value in values if value is not None)]


def _told(values: Sequence[Any]) -> bool:
    """False for a column of nulls, whose type nobody knows."""
    return not values or any(value is not None for value in values)


def _even(values: list[Any]) -> list[Any]:
    """Floats where ints stand among them."""
    return [v if v is None else float(v) for v in values] if any(type(v) is float for v in values) else values
