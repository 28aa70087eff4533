"""Section 1-2-2 of the page: Observe gradient norm during training."""

from hw1.parts import OPTIMIZATION, REPORT_CLAIMS
from hw1.studies.gradient_norm.claims import CLAIMS
from hw1.studies.gradient_norm.figures import FIGURES
from jobs import Section

SECTION = Section(
    part=OPTIMIZATION,
    number="1-2-2",
    heading="Observe gradient norm during training",
    study="gradient_norm",
    what="The deep network is fitted to f1; the norm of the gradient is recorded at every iteration.",
    figures=FIGURES,
    claims=CLAIMS,
    family=REPORT_CLAIMS,
)
