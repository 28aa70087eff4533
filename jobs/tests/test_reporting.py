"""What a report shows of a store that holds more than one sweep."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.pack import packs
from jobs.provenance import Code
from jobs.reporting import write
from jobs.studies import STUDIES
from jobs.sweep import Sweep, can_be_in
from jobs.work import Work

SWEEP = Sweep(studies=("random_labels",), smoke=True)
LOW = replace(SWEEP, precision="bfloat16")
COMMAND = re.compile(r"^hw1 submit --local --study (\w+)(.*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("precisions")
    pending = packs(SWEEP.runs() + LOW.runs(), n_workers=1)
    Work.of(pending, out=out, device="cpu", code=Code(commit="c" * 40, dirty=False))()
    return out


def page(sweep: Sweep, out: Path) -> str:
    assert "21 figures" in [*write(sweep, out)][-1]
    return (out / "report" / "report.md").read_text(encoding="utf-8")


def test_a_page_is_of_one_precision_and_says_which(both: Path) -> None:
    exact, low = page(SWEEP, both), page(LOW, both)
    assert "| precision | float32 |" in exact
    assert "| precision | bfloat16 |" in low
    assert not re.search("bfloat16|bf16", exact)
    assert "float32 |" not in low
    final = [re.findall(r"^\| all runs \| 1 of 1 \|.*$", text, re.MULTILINE) for text in (exact, low)]
    assert len(final[0]) == len(final[1]) == 1
    assert final[0] != final[1]


def test_the_commands_of_a_page_in_bfloat16_are_such_as_the_command_line_takes(both: Path) -> None:
    commands = dict(COMMAND.findall(page(LOW, both)))
    assert "--precision bf16" in commands["random_labels"]
    assert {name: "--precision" in options for name, options in commands.items()} == {
        name: can_be_in("bfloat16", STUDIES[name]) for name in commands
    }
