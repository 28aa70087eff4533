"""Section 1-1-2 of the page: Train on Actual Task."""

from hw1.parts import DEPTH, REPORT_CLAIMS
from hw1.studies.actual_task.claims import CLAIMS
from hw1.studies.actual_task.figures import FIGURES
from jobs import Section

SECTION = Section(
    part=DEPTH,
    number="1-1-2",
    heading="Train on Actual Task",
    study="actual_task",
    what="LeNet and a larger convolutional network are trained to tell images of ten classes apart.",
    figures=FIGURES,
    claims=CLAIMS,
    family=REPORT_CLAIMS,
)
