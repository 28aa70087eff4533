"""Section 1-3-2 of the page: Number of parameters vs Generalization."""

from hw1.parts import GENERALIZATION, REPORT_CLAIMS
from hw1.studies.parameters.claims import CLAIMS
from hw1.studies.parameters.figures import FIGURES
from jobs import Section

SECTION = Section(
    part=GENERALIZATION,
    number="1-3-2",
    heading="Number of parameters vs Generalization",
    study="parameters",
    what="Networks of one form and growing width are trained in the same way.",
    figures=FIGURES,
    claims=CLAIMS,
    family=REPORT_CLAIMS,
)
