"""A project's page, declared: its sections in order, each with the study that it shows, figures and claims."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from analysis.claims.statement import Claim
from analysis.figure import Figure
from analysis.figures.defaults import default_figures
from analysis.frames import Results, StudyResults
from analysis.labels import Labels


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """Claims that stand under one heading; `says` is it."""

    id: str = "claims"
    says: str = "Claim"


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """One part of the page: the study that it shows, and what was done in one sentence."""

    study: str
    heading: str
    what: str = ""
    number: str = ""
    part: str = ""
    figures: tuple[Figure, ...] | None = None
    """None for the default figures."""
    claims: tuple[Claim, ...] = ()
    family: Family = Family()

    @property
    def title(self) -> str:
        """The heading with the section's number, if it has one."""
        return f"{self.number} {self.heading}".strip()


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A main result: one sentence, what stands behind it, and the figure that shows it.

    `text` gives both from the study's results; nothing is shown where it gives nothing. `claim`: that which judges it,
    whose verdict stands beside it; or that of one `statement` of it, by its words.
    """

    study: str
    figure: str
    text: Callable[[StudyResults], tuple[str, str] | None]
    claim: str = ""
    statement: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """A section of its own after all studies; `text` gives its content as `html` and as `md` from all tables."""

    id: str
    heading: str
    text: Callable[[Mapping[str, pd.DataFrame]], Mapping[str, str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A page of any project.

    `final`: one row a run with the columns that the table of final numbers shows, and `part` where a run has several;
    without it the table shows means of every measure.
    """

    title: str
    lead: str = ""
    sections: tuple[Section, ...] = ()
    findings: tuple[Finding, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    """Words and addresses of where it all comes from."""
    notes: tuple[Note, ...] = ()
    labels: Labels = field(default_factory=Labels)
    final: Callable[[StudyResults], pd.DataFrame] | None = None
    door: tuple[str, ...] = ("hw1",)
    """Words that begin every command of the project."""

    def shown(self, studies: Results) -> tuple[Section, ...]:
        """The sections of the studies that the manifest names, their figures numbered through the page.

        Raises:
            ValueError: If two sections are of one study, or a finding has a claim or statement that is none.
        """
        names = [section.study for section in self.sections]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"a study has one section on the page, got two of {', '.join(twice)}")
        self._check_findings()
        made, n_figures = list[Section](), 0
        for section in (section for section in self.sections if section.study in set(studies.manifest["study"])):
            figures = default_figures(studies[section.study]) if section.figures is None else section.figures
            numbered = (replace(f, number=n, study=section.study) for n, f in enumerate(figures, n_figures + 1))
            claims = (replace(claim, study=section.study) for claim in section.claims)
            made.append(replace(section, figures=tuple(numbered), claims=tuple(claims)))
            n_figures += len(figures)
        return tuple(made)

    def _check_findings(self) -> None:
        words = {c.name: [s.words for s in c.statements] for section in self.sections for c in section.claims}
        for finding in self.findings:
            if finding.claim and finding.claim not in words:
                raise ValueError(f"a finding is judged by {finding.claim!r}: the claims are {', '.join(words)}")
            if finding.statement and finding.statement not in words[finding.claim]:
                said = ", ".join(words[finding.claim])
                raise ValueError(f"a finding is judged by {finding.statement!r}: {finding.claim} says {said}")
