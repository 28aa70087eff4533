"""The report as a project: its studies, presets and options."""

from pathlib import Path
from typing import TYPE_CHECKING

from hw1.commands import bench, data
from hw1.files import DATASETS
from hw1.studies import (
    actual_task,
    barriers,
    corruption,
    critical_points,
    empty,
    gradient_norm,
    interpolation,
    minimal_ratio,
    parameters,
    random_labels,
    sensitivity,
    simulate,
    surface,
    trajectory,
)
from jobs import Option, Origin, Project

if TYPE_CHECKING:
    from jobs import Page

PRESETS = ("report", "notebook", "extended")
"""`notebook`: what the notebooks ran. `extended`: the report, and the studies of what it left out."""
REFERENCE = Path(__file__).parents[1] / "results" / "reference"


def page() -> "Page":
    """The report's page."""
    from hw1.page import PAGE  # noqa: PLC0415 - imports pandas and matplotlib

    return PAGE


PROJECT = Project(
    name="hw1",
    origin=Origin(kind="module", where="hw1.project"),
    title="Deep learning HW1: the report, run again",
    studies=tuple(
        module.STUDY
        for module in (
            simulate,
            actual_task,
            trajectory,
            gradient_norm,
            minimal_ratio,
            random_labels,
            parameters,
            interpolation,
            sensitivity,
            critical_points,
            surface,
            barriers,
            corruption,
            empty,
        )
    ),
    presets=PRESETS,
    seeds=(0,),
    options=(
        Option(
            name="dataset",
            help="mnist (embedded), fashion-mnist or kmnist.",
            field="dataset",
            values={name: name for name in DATASETS},
        ),
        Option(
            name="precision",
            help="fp32, or bf16: convolutional networks only, as runs of their own.",
            field="precision",
            values={"fp32": "float32", "bf16": "bfloat16"},
            is_needed=True,
        ),
    ),
    commands=(data, bench),
    page=page,
    reference=REFERENCE,
)
