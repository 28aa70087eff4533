"""The report's page: its sections in its own order, and what it left out after them."""

from hw1.final import final
from hw1.findings import FINDINGS
from hw1.labels import LABELS
from hw1.published import NOTE
from hw1.studies.actual_task.section import SECTION as ACTUAL_TASK
from hw1.studies.barriers.section import SECTION as BARRIERS
from hw1.studies.corruption.section import SECTION as CORRUPTION
from hw1.studies.critical_points.section import SECTION as CRITICAL_POINTS
from hw1.studies.gradient_norm.section import SECTION as GRADIENT_NORM
from hw1.studies.interpolation.section import SECTION as INTERPOLATION
from hw1.studies.minimal_ratio.section import SECTION as MINIMAL_RATIO
from hw1.studies.parameters.section import SECTION as PARAMETERS
from hw1.studies.random_labels.section import SECTION as RANDOM_LABELS
from hw1.studies.sensitivity.section import SECTION as SENSITIVITY
from hw1.studies.simulate.section import SECTION as SIMULATE
from hw1.studies.surface.section import SECTION as SURFACE
from hw1.studies.trajectory.section import SECTION as TRAJECTORY
from jobs import Page

NOTEBOOKS = "https://github.com/VASPARITHARUNKUMAR/CPSC-8430---Deep-Learning---HW1"

PAGE = Page(
    title="Deep learning HW1: the report, run again",
    lead="Every experiment of one homework report (CPSC-8430, homework 1) trained again, and what came of its claims:",
    sections=(
        SIMULATE,
        ACTUAL_TASK,
        TRAJECTORY,
        GRADIENT_NORM,
        MINIMAL_RATIO,
        RANDOM_LABELS,
        PARAMETERS,
        INTERPOLATION,
        SENSITIVITY,
        CRITICAL_POINTS,
        SURFACE,
        BARRIERS,
        CORRUPTION,
    ),
    findings=FINDINGS,
    links=(("the report's notebooks and code", NOTEBOOKS),),
    notes=(NOTE,),
    labels=LABELS,
    final=final,
)
