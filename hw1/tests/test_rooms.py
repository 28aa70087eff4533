"""The runner's rooms know nothing of the report."""

import re
from pathlib import Path

import pytest

from hw1.page import PAGE
from hw1.project import PROJECT
from hw1.specs import KINDS
from hw1.tables import TABLES
from results.schema import CORE

ROOT = Path(__file__).parents[2]
COMMON = {"empty", "parameters", "surface", "sensitivity", "lines", "paths", "predictions", "snapshots", "curves"}
"""Names that are words of English too; in quotes, as a program names things, they are still looked for."""

STUDIES = {*PROJECT.by_name, *KINDS, *(TABLES.keys() - CORE.keys()), "lenet", "cnn", "mnist"}
CLAIMS = {claim.name for section in PAGE.sections for claim in section.claims}
SLUGS = {figure.slug for section in PAGE.sections for figure in section.figures} - {"path"}  # matplotlib's, too


def _files(room: str) -> list[Path]:
    return [path for path in (ROOT / room).rglob("*.py") if "tests" not in path.parts]


@pytest.mark.parametrize("room", ["results", "slurm", "analysis", "jobs"])
def test_no_study_kind_table_model_figure_or_claim_of_the_report_is_named_in_a_room(room: str) -> None:
    plain = "|".join(map(re.escape, sorted(STUDIES - COMMON)))
    quoted = "|".join(map(re.escape, sorted((STUDIES & COMMON - {"parameters"}) | CLAIMS | SLUGS)))
    name = re.compile(rf"(?<![\w-])({plain})(?![\w-])|[\"']({quoted})[\"']")
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match[0]}"
        for path in _files(room)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for match in name.finditer(line)
    ]
    assert found == []


_ASKS = re.compile(r'^\s*"""(?:What|How|Where|Whether|Who|When|Why)\b', re.MULTILINE)


@pytest.mark.parametrize("room", ["hw1", "jobs", "slurm", "results", "analysis"])
def test_no_docstring_begins_like_a_question(room: str) -> None:
    texts = {path.relative_to(ROOT): path.read_text(encoding="utf-8") for path in _files(room)}
    assert texts
    assert {path: found for path, text in texts.items() if (found := _ASKS.findall(text))} == {}
