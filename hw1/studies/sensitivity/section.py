"""Section 1-3-3 of the page: Sensitivity and Sharpness vs Generalization."""

from hw1.parts import LEFT_OUT, LEFT_OUT_CLAIMS
from hw1.studies.sensitivity.claims import CLAIMS
from hw1.studies.sensitivity.figures import FIGURES
from jobs import Section

SECTION = Section(
    part=LEFT_OUT,
    number="1-3-3",
    heading="Sensitivity and Sharpness vs Generalization",
    study="sensitivity",
    what="LeNet is trained with batches of five sizes; at the end it is measured how much its outputs change with "
    "the input (Novak et al. 2018) and how much its training loss rises nearby (Keskar et al. 2017). All see the "
    "images equally often, so a batch 256 times as large takes 256 times fewer updates: what is put down to batch "
    "size here is batch size and fewer updates in one. Sharpness is a lower bound, found by sign-gradient ascent.",
    figures=FIGURES,
    claims=CLAIMS,
    family=LEFT_OUT_CLAIMS,
)
