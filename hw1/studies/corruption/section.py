"""Section 1-3-1 of the page: Labels corrupted in part."""

from hw1.parts import LEFT_OUT, LEFT_OUT_CLAIMS
from hw1.studies.corruption.claims import CLAIMS
from hw1.studies.corruption.figures import FIGURES
from jobs import Section

SECTION = Section(
    part=LEFT_OUT,
    number="1-3-1",
    heading="Labels corrupted in part",
    study="corruption",
    what="LeNet is trained on the first 2,000 training images, of whose labels a fraction was drawn at random, "
    "until it fits them, and tested on true labels.",
    figures=FIGURES,
    claims=CLAIMS,
    family=LEFT_OUT_CLAIMS,
)
