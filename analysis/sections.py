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
