"""Section 1-2-3 of the page: Is the gradient zero, and what does the Hessian say there?."""

from hw1.parts import LEFT_OUT, LEFT_OUT_CLAIMS
from hw1.studies.critical_points.claims import CLAIMS
from hw1.studies.critical_points.figures import FIGURES
from jobs import Section

SECTION = Section(
    part=LEFT_OUT,
    number="1-2-3",
    heading="Is the gradient zero, and what does the Hessian say there?",
    study="critical_points",
    what="The runs of 1-2-3 go on from where the gradient almost vanishes, by damped Newton steps towards a zero "
    "of the gradient; the minimal ratio is counted above every tolerance, before and after. "
    "Counted above 0 it can differ a little from that in 1-2-3 at the same weights: eigenvalues are computed together "
    "with their eigenvectors here, which gives those that are zero but for rounding another sign.",
    figures=FIGURES,
    claims=CLAIMS,
    family=LEFT_OUT_CLAIMS,
)
