"""The report's page as a sweep of every study shows it: numbered figures, claims with their study."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from analysis.frames import Results
from hw1.page import PAGE
from hw1.parts import REPORT_CLAIMS

_EVERY = pd.DataFrame({"study": [section.study for section in PAGE.sections], "smoke": False})
SECTIONS = PAGE.shown(Results(_EVERY, {}))
REPORT = tuple(section for section in SECTIONS if section.family == REPORT_CLAIMS)
FIGURES = tuple(figure for section in REPORT for figure in section.figures or ())
EXTENDED = tuple(figure for section in SECTIONS if section not in REPORT for figure in section.figures or ())
CLAIMS = tuple(claim for section in REPORT for claim in section.claims)
LEFT_OUT = tuple(claim for section in SECTIONS if section not in REPORT for claim in section.claims)
BY_NAME = {claim.name: claim for claim in CLAIMS + LEFT_OUT}
LIGHT = replace(
    PAGE, sections=tuple(replace(section, figures=(section.figures or ())[:1]) for section in PAGE.sections[:1])
)
LIGHT = replace(LIGHT, sections=LIGHT.sections + tuple(replace(section, figures=()) for section in PAGE.sections[1:]))
"""The page with only its first figure: enough where pages are looked at."""


def studies(manifest: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Results:
    """Results in the report's words."""
    return Results(manifest, tables, PAGE.labels)
