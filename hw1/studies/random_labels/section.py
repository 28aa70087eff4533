"""Section 1-3-1 of the page: Can network fit random labels?."""

from hw1.parts import GENERALIZATION, REPORT_CLAIMS
from hw1.studies.random_labels.claims import CLAIMS
from hw1.studies.random_labels.figures import FIGURES
from jobs import Section

SECTION = Section(
    part=GENERALIZATION,
    number="1-3-1",
    heading="Can network fit random labels?",
    study="random_labels",
    what="LeNet is trained on labels drawn at random and tested on true ones.",
    figures=FIGURES,
    claims=CLAIMS,
    family=REPORT_CLAIMS,
)
