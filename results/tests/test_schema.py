"""What the tables' columns are called."""

from results.schema import TABLES


def test_measured_columns_of_one_name_have_one_axis_label() -> None:
    labels: dict[str, set[str]] = {}
    for table in TABLES.keys() - {"failures"}:
        for column in TABLES[table]:
            labels.setdefault(column.name, set()).add(column.axis)
    assert {name: axes for name, axes in labels.items() if len(axes) > 1} == {}
