"""What two stores are compared by."""

from pathlib import Path

from results.tests.stores import Store

TOLD = {
    "host",
    "pack_id",
    "seconds",
    "pack_seconds",
    "n_pack",
    "finished",
    "memory_gb",
    "children_gb",
    "gpu_memory_gb",
    "cpu_seconds",
    "asked_memory_gb",
    "asked_cpus",
    "asked_gpus",
    "asked_minutes",
    "job_id",
    "git_dirty",
    "git_commit",
}
"""Columns that say when, where and in whose company a run was trained, and not what came of it."""


def stored(out: Path) -> dict[str, list[str]]:
    """Every stored number by table, to the last bit; rows and columns in a fixed order."""
    tables = Store(out).read_all()
    kept = {name: table.drop_columns([c for c in table.column_names if c in TOLD]) for name, table in tables.items()}
    return {name: sorted(repr(sorted(row.items())) for row in table.to_pylist()) for name, table in kept.items()}
