"""The report's sections in its own order and words."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """One part of the report: the study it shows, and what was done in one sentence."""

    part: str
    number: str
    heading: str
    study: str
    what: str
    extended: bool = False
    """Whether the report left it out: shown where the sweep has runs of it."""


_DEPTH = "HW 1-1 Deep vs Shallow"
_OPTIMIZATION = "HW 1-2 Optimization"
_GENERALIZATION = "HW 1-3 Generalization"
LEFT_OUT = "What the report left out"

SECTIONS: tuple[Section, ...] = (
    Section(
        part=_DEPTH,
        number="1-1-1",
        heading="Simulate a Function",
        study="simulate",
        what="Three networks of about one size, but of different depth, are fitted to two functions of one variable.",
    ),
    Section(
        part=_DEPTH,
        number="1-1-2",
        heading="Train on Actual Task",
        study="actual_task",
        what="LeNet and a larger convolutional network are trained to tell images of ten classes apart.",
    ),
    Section(
        part=_OPTIMIZATION,
        number="1-2-1",
        heading="Visualize the Optimization Process",
        study="trajectory",
        what="One small network is trained from several initialisations; its weights are kept after every epoch.",
    ),
    Section(
        part=_OPTIMIZATION,
        number="1-2-2",
        heading="Observe gradient norm during training",
        study="gradient_norm",
        what="The deep network is fitted to f1; the norm of the gradient is recorded at every iteration.",
    ),
    Section(
        part=_OPTIMIZATION,
        number="1-2-3",
        heading="What happens when gradient is almost zero?",
        study="minimal_ratio",
        what="A network is fitted to f1 from many initialisations until the gradient almost vanishes; there, the "
        "minimal ratio is the fraction of positive eigenvalues of the Hessian of the loss.",
    ),
    Section(
        part=_GENERALIZATION,
        number="1-3-1",
        heading="Can network fit random labels?",
        study="random_labels",
        what="LeNet is trained on labels drawn at random and tested on true ones.",
    ),
    Section(
        part=_GENERALIZATION,
        number="1-3-2",
        heading="Number of parameters vs Generalization",
        study="parameters",
        what="Networks of one form and growing width are trained in the same way.",
    ),
    Section(
        part=_GENERALIZATION,
        number="1-3-3",
        heading="Flatness vs Generalization",
        study="interpolation",
        what="Two networks are trained from one initialisation in two ways, and measured along the line through both.",
    ),
    Section(
        part=LEFT_OUT,
        number="1-3-3",
        heading="Sensitivity and Sharpness vs Generalization",
        study="sensitivity",
        what="LeNet is trained with batches of five sizes; at the end it is measured how much its outputs change with "
        "the input (Novak et al. 2018) and how much its training loss rises nearby (Keskar et al. 2017). All see the "
        "images equally often, so a batch 256 times as large takes 256 times fewer updates: what is put down to batch "
        "size here is batch size and fewer updates in one. Sharpness is a lower bound, found by sign-gradient ascent.",
        extended=True,
    ),
    Section(
        part=LEFT_OUT,
        number="1-2-3",
        heading="Is the gradient zero, and what does the Hessian say there?",
        study="critical_points",
        what="The runs of 1-2-3 go on from where the gradient almost vanishes, by damped Newton steps towards a zero "
        "of the gradient; the minimal ratio is counted above every tolerance, before and after.",
        extended=True,
    ),
    Section(
        part=LEFT_OUT,
        number="1-2-1",
        heading="A path in a plane, and the loss around its end",
        study="surface",
        what="The runs whose weights 1-2-1 shows are trained again, bit for bit; each path is set against random walks "
        "with its step lengths, and the loss is measured around its end in two planes of weight space.",
        extended=True,
    ),
    Section(
        part=LEFT_OUT,
        number="1-3-3",
        heading="Barriers and Data Order",
        study="barriers",
        what="Two networks are trained alike from one initialisation but for the order of their batches, from the "
        "first or from the second epoch on, and measured along the lines between them and from the initialisation.",
        extended=True,
    ),
    Section(
        part=LEFT_OUT,
        number="1-3-1",
        heading="Labels corrupted in part",
        study="corruption",
        what="LeNet is trained on the first 2,000 training images, of whose labels a fraction was drawn at random, "
        "until it fits them, and tested on true labels.",
        extended=True,
    ),
)


def shown(names: Collection[str]) -> tuple[Section, ...]:
    """The sections of a sweep with these studies: the report's own always."""
    return tuple(section for section in SECTIONS if not section.extended or section.study in names)
