"""Section 1-3-3 of the page: Barriers and Data Order."""

from hw1.parts import LEFT_OUT, LEFT_OUT_CLAIMS
from hw1.studies.barriers.claims import CLAIMS
from hw1.studies.barriers.figures import FIGURES
from jobs import Section

SECTION = Section(
    part=LEFT_OUT,
    number="1-3-3",
    heading="Barriers and Data Order",
    study="barriers",
    what="Two networks are trained alike from one initialisation but for the order of their batches, from the "
    "first or from the second epoch on, and measured along the lines between them and from the initialisation.",
    figures=FIGURES,
    claims=CLAIMS,
    family=LEFT_OUT_CLAIMS,
)
