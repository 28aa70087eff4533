"""Section 1-2-3 of the page: What happens when gradient is almost zero?."""

from hw1.parts import OPTIMIZATION, REPORT_CLAIMS
from hw1.studies.minimal_ratio.claims import CLAIMS
from hw1.studies.minimal_ratio.figures import FIGURES
from jobs import Section

SECTION = Section(
    part=OPTIMIZATION,
    number="1-2-3",
    heading="What happens when gradient is almost zero?",
    study="minimal_ratio",
    what="A network is fitted to f1 from many initialisations until the gradient almost vanishes; there, the "
    "minimal ratio is the fraction of positive eigenvalues of the Hessian of the loss.",
    figures=FIGURES,
    claims=CLAIMS,
    family=REPORT_CLAIMS,
)
