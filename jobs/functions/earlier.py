"""Runs that a run needs: which of another study, and their results."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from jobs.functions.declared import Declared

if TYPE_CHECKING:
    from jobs.spec import Spec
    from jobs.state import Earlier
    from jobs.study import Study

Rows = Callable[[str], list[dict[str, Any]]]


class EarlierError(RuntimeError):
    """Results are asked for that a run does not have; the message says what would be right."""


def needed(later: Declared, values: Mapping[str, Any]) -> "tuple[Spec, ...]":
    """The runs that one with these values needs, in the order of their studies; of smoke runs, smoke runs.

    Raises:
        ProjectError: If a study has none that agrees.
    """
    is_smoke = bool(later.short) and all(values[name] == value for name, value in later.short.items())
    found = {spec.run_id: spec for study in later.after for spec in _agreeing(later, values, study, is_smoke=is_smoke)}
    return tuple(found.values())


def _agreeing(later: Declared, values: Mapping[str, Any], study: "Study", *, is_smoke: bool) -> "list[Spec]":
    kind: Any = study.kinds[0]
    of: Declared = kind.declared
    short = of.short if is_smoke else {}
    shared = {name: values[name] for name in of.parameters.hints if name in values and name not in short}
    rows = of.alike(shared, but=later.short if is_smoke else ())
    specs = [kind(**{**row, **short}) for row in rows]
    if not specs:
        text = ", ".join(f"{name}={value!r}" for name, value in shared.items())
        raise later.wrong(f"its runs need runs of `{of.name}` with {text}, and it has none: add them to its `runs`")
    return specs


def of_needs(spec: "Spec", earlier: "Earlier") -> Rows:
    """The rows of the runs that this one needs, by table."""
    ids = defaultdict[str, list[str]](list)
    for each in spec.needs():
        ids[each.kind].append(each.run_id)

    def rows(table: str) -> list[dict[str, Any]]:
        study = table.rpartition(".")[0]
        if study not in ids:
            after = ", ".join(ids) or "none"
            raise EarlierError(f"study `{spec.kind}` does not come after `{study}`: name it in `after=` (now: {after})")
        return earlier(table, ids[study])

    return rows


def earlier_rows(rows: Rows | None, of: Any, table: str) -> list[dict[str, Any]]:  # noqa: ANN401 - a function with an attribute
    """The rows that runs of a study have in one of its tables.

    Raises:
        EarlierError: If the run has none to give.
    """
    name = getattr(getattr(of, "study", of), "name", of)
    if rows is None:
        raise EarlierError(f"this run has no results of `{name}`: made by hand, it takes `Run(earlier=…)`")
    return rows(f"{name}.{table}")
