"""Section 1-2-1 of the page: Visualize the Optimization Process."""

from hw1.parts import OPTIMIZATION, REPORT_CLAIMS
from hw1.studies.trajectory.figures import FIGURES
from jobs import Section

SECTION = Section(
    part=OPTIMIZATION,
    number="1-2-1",
    heading="Visualize the Optimization Process",
    study="trajectory",
    what="One small network is trained from several initialisations; its weights are kept after every epoch.",
    figures=FIGURES,
    family=REPORT_CLAIMS,
)
