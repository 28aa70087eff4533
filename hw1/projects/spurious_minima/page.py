"""The project's page: one section, and the two findings on top of it."""

from functools import partial

from hw1.projects.spurious_minima.claims import CLAIMS, WITHIN, counted, is_cell
from hw1.projects.spurious_minima.figures import FIGURES
from hw1.projects.spurious_minima.published import CELLS, N_RUNS
from hw1.projects.spurious_minima.spec import Student
from jobs import Finding, Labels, Page, Section, StudyResults

PAPER = "https://arxiv.org/abs/1712.08968"


def _table(study: StudyResults) -> tuple[str, str] | None:
    ours = {cell: counted(study, partial(is_cell, n=cell[0], k=cell[1])) for cell in CELLS}
    apart = {cell: abs(m / of - CELLS[cell] / N_RUNS) for cell, (m, of) in ours.items() if of}
    if not apart:
        return None
    (n, k), most = max(apart.items(), key=lambda each: each[1])
    near = sum(each <= WITHIN for each in apart.values())
    return (
        f"{near} of {len(apart)} published cells come out within {100 * WITHIN:.0f} points.",
        f"The largest difference is {100 * most:.1f} points, at n = {n} and k = {k}. S1 judges each cell.",
    )


def _ends(study: StudyResults) -> tuple[str, str] | None:
    ends = study.runs["end"].value_counts()
    return (
        f"{ends.get('cap', 0):,} of {len(study.runs):,} runs were cut at their cap.",
        (
            f"{ends.get('minimum', 0):,} ended where every neuron's gradient was below 1e-9, and "
            f"{ends.get('solved', 0):,}, all with a neuron more than the teacher, at a loss below 1e-6, which descent "
            "does not raise: not spurious."
        ),
    )


PAGE = Page(
    title="Spurious minima of two-layer ReLU networks, cell by cell",
    lead="A table of Safran & Shamir (ICML 2018) trained again: gradient descent of a student of n ReLU neurons on a "
    "teacher of k orthonormal ones, from random starts.",
    links=(("the paper", PAPER),),
    sections=(
        Section(
            study="spurious_minima",
            heading="How often is the end a spurious minimum?",
            what="Output weights are 1, the loss is half the squared error's mean over standard normal input, in "
            "closed form; Xavier initialisation, step 0.1, until each neuron's gradient is below 1e-9. An end is "
            "spurious if its loss is at least 0.001.",
            figures=FIGURES,
            claims=CLAIMS,
        ),
    ),
    findings=(
        Finding(study="spurious_minima", figure="shares", text=_table, claim="S1"),
        Finding(study="spurious_minima", figure="eigenvalues", text=_ends, claim="S4"),
    ),
    labels=Labels(tables={table.name: table.columns for table in Student.tables()}),
)
