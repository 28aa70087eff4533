"""Sweeps of the report for tests, by what a user would type."""

from collections.abc import Sequence

from hw1.project import PROJECT
from jobs import sweep as sweeps
from jobs.sweep import Sweep


def sweep(  # noqa: PLR0913 - all by name
    *,
    studies: Sequence[str] = (),
    preset: str = "report",
    n_seeds: int = 1,
    smoke: bool = False,
    dataset: str = "mnist",
    precision: str = "fp32",
) -> Sweep:
    """The sweep of these options."""
    return sweeps.sweep(
        PROJECT,
        studies=studies,
        preset=preset,
        seeds=range(n_seeds),
        smoke=smoke,
        options={"dataset": dataset, "precision": precision},
    )
