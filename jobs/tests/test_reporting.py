"""What a report shows of a store that holds more than one sweep."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.pack import packs
from jobs.planning import plan
from jobs.provenance import Code
from jobs.reporting import write
from jobs.standing import standing
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


def test_looking_and_reporting_leave_a_damaged_store_as_it_is_and_name_the_damage(both: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(both / "store", out / "store")
    path = next((out / "store" / "parts" / "curves").iterdir())
    path.write_bytes(path.read_bytes()[:-1])
    before = {p: p.stat().st_mtime_ns for p in (out / "store").rglob("*")}
    size = path.stat().st_size
    reason = f"it has {size} bytes, {size + 1} were written"
    line = f"{path} is damaged ({reason}): its runs are shown as pending; `hw1 collect` sets it aside"
    assert standing(out).damaged == plan(SWEEP.runs(), out=out, n_workers=1).damaged == [line]
    assert next(write(SWEEP, out)) == line
    assert {p: p.stat().st_mtime_ns for p in (out / "store").rglob("*")} == before
