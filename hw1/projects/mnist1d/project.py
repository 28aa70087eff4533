"""MNIST-1D as a project: one study, its page, and the results that come with it."""

from pathlib import Path
from typing import TYPE_CHECKING

from hw1.projects.mnist1d.study import MNIST1D
from jobs import Origin, Project

if TYPE_CHECKING:
    from jobs import Page

SOURCE = "https://github.com/greydanus/mnist1d"


def page() -> "Page":
    """Figures and claims."""
    from hw1.projects.mnist1d.claims import CLAIMS  # noqa: PLC0415 - imports pandas
    from hw1.projects.mnist1d.figures import FIGURES  # noqa: PLC0415 - imports matplotlib
    from jobs import Page, Section  # noqa: PLC0415 - likewise

    section = Section(
        study="mnist1d",
        heading="Four networks from many seeds",
        what="Logistic regression, an MLP, a CNN and a GRU as the paper's repository trains them: 6,000 steps of Adam "
        "at 0.01 on batches of 100 in a fixed order. Seeds differ in initial weights alone.",
        figures=FIGURES,
        claims=CLAIMS,
    )
    return Page(
        title="MNIST-1D: do the published accuracies hold?",
        lead="Greydanus & Kobak 2024 give one test accuracy each for four networks; here are up to thirty seeds.",
        sections=(section,),
        links=(("the data set and its notebooks", SOURCE), ("issue 17", f"{SOURCE}/issues/17")),
    )


PROJECT = Project(
    name="mnist1d",
    title="MNIST-1D",
    studies=(MNIST1D.study,),  # type: ignore[attr-defined]  # the decorator gave it
    page=page,
    origin=Origin(kind="module", where="hw1.projects.mnist1d.project"),
    reference=Path(__file__).parent / "results",
)
