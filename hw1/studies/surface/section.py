"""Section 1-2-1 of the page: A path in a plane, and the loss around its end."""

from hw1.parts import LEFT_OUT, LEFT_OUT_CLAIMS
from hw1.studies.surface.claims import CLAIMS
from hw1.studies.surface.figures import FIGURES
from jobs import Section

SECTION = Section(
    part=LEFT_OUT,
    number="1-2-1",
    heading="A path in a plane, and the loss around its end",
    study="surface",
    what="The runs whose weights 1-2-1 shows are trained again, bit for bit; each path is set against random walks "
    "with its step lengths, and the loss is measured around its end in two planes of weight space.",
    figures=FIGURES,
    claims=CLAIMS,
    family=LEFT_OUT_CLAIMS,
)
