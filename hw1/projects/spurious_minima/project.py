"""The table of Safran & Shamir 2018 as a project: 29 cells of a thousand runs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hw1.projects.spurious_minima.published import CELLS
from hw1.projects.spurious_minima.spec import Student
from jobs import Project, Study

if TYPE_CHECKING:
    from jobs import Page

N_RUNS = 1000
SIZES = range(6, 21)
"""Neurons of a student, as published."""
WITH_WEIGHTS = 7
"""The size whose only spurious minimum is printed."""
SOLVED = 1e-6
"""With a neuron more, the gradient vanishes as slowly as 1/t²: its norm is 1e-9 after some 500,000 steps."""


def specs(preset: str, seeds: Sequence[int] | None) -> list[Student]:
    """As many neurons as the teacher, and one more."""
    cells = [(n, n) for n in SIZES] + [(n, n - 1) for n in SIZES[1:]]
    return [
        Student(seed=seed, n=n, k=k, loss_below=None if n == k else SOLVED, keeps_weights=n == k == WITH_WEIGHTS)
        for n, k in cells
        if preset == "all" or (n, k) in CELLS
        for seed in seeds or range(N_RUNS)
    ]


def page() -> "Page":
    """The project's page."""
    from hw1.projects.spurious_minima.page import PAGE  # noqa: PLC0415 - imports pandas and matplotlib

    return PAGE


STUDY = Study(
    name="spurious_minima", title="How often is the end a spurious minimum?", specs=specs, kinds=(Student,), gpus=0
)
PROJECT = Project(
    name="spurious-minima",
    title="Spurious minima of two-layer ReLU networks, cell by cell",
    studies=(STUDY,),
    presets=("all", "published"),
    page=page,
)
