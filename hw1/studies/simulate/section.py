"""Section 1-1-1 of the page: Simulate a Function."""

from hw1.parts import DEPTH, REPORT_CLAIMS
from hw1.studies.simulate.claims import CLAIMS
from hw1.studies.simulate.figures import FIGURES
from jobs import Section

SECTION = Section(
    part=DEPTH,
    number="1-1-1",
    heading="Simulate a Function",
    study="simulate",
    what="Three networks of about one size, but of different depth, are fitted to two functions of one variable.",
    figures=FIGURES,
    claims=CLAIMS,
    family=REPORT_CLAIMS,
)
