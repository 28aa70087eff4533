"""Runs that a pack needs: which of its runs can be trained now, and what the others wait for."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.pack import Pack
from results.store import Store

if TYPE_CHECKING:
    from jobs.spec import Spec
    from jobs.state import Earlier
    from results.failures import Failure


@dataclass(frozen=True, slots=True)
class Part:
    """Runs of a pack that fare alike: they can be trained, or will not be, or wait."""

    pack: Pack
    failed: "Mapping[str, str]"
    """Reasons why they fail without being trained: a run that they need has failed. By run id."""
    missing: "tuple[Spec, ...]" = ()
    """Runs that they wait for."""

    @property
    def wait(self) -> str:
        """The runs that they wait for, in a line."""
        first, n = self.missing[0], len(self.missing)
        return f"waiting for run {first.run_id} of {first.kind}{f' and {n - 1} more' * (n > 1)}, needed before this"


def parts(pack: Pack, settled: Collection[str], failures: "Mapping[str, Failure]") -> list[Part]:
    """The pack in up to three parts; whole where its runs need no others, as most do."""
    ready, wait, failed, missing = list["Spec"](), list["Spec"](), dict[str, str](), dict[str, "Spec"]()
    for spec in pack.specs:
        needs = spec.needs()
        broken = [each for each in needs if each.run_id in failures]
        absent = [each for each in needs if each.run_id not in settled]
        if broken:
            failed[spec.run_id] = _text(broken[0], failures[broken[0].run_id])
        elif absent:
            wait.append(spec)
            missing |= {each.run_id: each for each in absent}
        else:
            ready.append(spec)
    blocked = [spec for spec in pack.specs if spec.run_id in failed]
    every = [
        Part(replace(pack, specs=tuple(ready)), {}),
        Part(replace(pack, specs=tuple(blocked)), failed),
        Part(replace(pack, specs=tuple(wait)), {}, tuple(missing.values())),
    ]
    return [part for part in every if part.pack.specs]


def _text(need: "Spec", failure: "Failure") -> str:
    what = f"{failure.failure}: {failure.message}"
    return f"needs:\nrun {need.run_id} of {need.kind} has failed ({what}): `hw1 retry` makes both pending again"


def reader(out: Path) -> "Earlier":
    """Reads rows of runs that are done from the store of an output folder, each table once."""
    tables: dict[str, dict[str, list[dict[str, Any]]]] = {}

    def rows(table: str, run_ids: Collection[str]) -> list[dict[str, Any]]:
        if not tables.get(table, {}).keys() >= set(run_ids):
            tables[table] = _by_run(Store(out, only_looks=True), table, run_ids)
        return [row for run_id in run_ids for row in tables[table][run_id]]

    return rows


def _by_run(store: Store, table: str, run_ids: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    import pyarrow as pa  # noqa: PLC0415 - few workers read
    import pyarrow.compute as pc  # noqa: PLC0415 - few workers read

    found: dict[str, list[dict[str, Any]]] = {run_id: [] for run_id in run_ids}
    if table in store.layout.tables.tables:
        rows = store.read(table)
        wanted = pc.is_in(rows["run_id"], value_set=pa.array(list(run_ids), rows["run_id"].type))
        for row in rows.filter(wanted).to_pylist():
            found[row["run_id"]].append(row)
    return found
