"""Section 1-3-3 of the page: Flatness vs Generalization."""

from hw1.parts import GENERALIZATION, REPORT_CLAIMS
from hw1.studies.interpolation.claims import CLAIMS
from hw1.studies.interpolation.figures import FIGURES
from jobs import Section

SECTION = Section(
    part=GENERALIZATION,
    number="1-3-3",
    heading="Flatness vs Generalization",
    study="interpolation",
    what="Two networks are trained from one initialisation in two ways, and measured along the line through both.",
    figures=FIGURES,
    claims=CLAIMS,
    family=REPORT_CLAIMS,
)
