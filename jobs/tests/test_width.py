"""What commands print in a terminal of 80 columns: nothing is wider, no word is broken."""

import os
import pty
import re
from collections.abc import Sequence
from contextlib import suppress
from itertools import product
from pathlib import Path
from threading import Thread

import pytest

from hw1.project import PROJECT
from jobs.cli.app import _SELECTING
from jobs.tests.commands import hw1

REFERENCE = PROJECT.reference
STUDY = """
from jobs import Run, grid, study

@study(runs=grid(learning_rate=[0.1, 0.2], width=[8, 32], optimizer=["momentum"], seed=range(2)), minutes=0.001)
def a_study_with_a_long_name(run: Run, *, learning_rate: float, width: int, optimizer: str, seed: int) -> dict:
    return {"final_validation_loss": width + seed, "final_training_loss": learning_rate * width}
"""
COMMANDS = sorted([*_SELECTING, "profiles", "init", *(command.__name__ for command in PROJECT.commands)])


def printed(monkeypatch: pytest.MonkeyPatch, arguments: Sequence[str], out: Path | None) -> list[str]:
    """The lines that a command prints in a terminal, without colours."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    ours, theirs = pty.openpty()
    read = bytearray()

    def drain() -> None:
        with suppress(OSError):  # the terminal has been closed
            while piece := os.read(ours, 1 << 16):
                read.extend(piece)

    reader = Thread(target=drain)
    reader.start()
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        done = hw1(*arguments, out=out, stdout=terminal)
    reader.join(timeout=30)
    os.close(ours)
    assert done.returncode == 0, done.stderr
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", read.decode()).replace("\r", "").splitlines()


def check(lines: Sequence[str]) -> None:
    """Fail on lines that are too wide, unless a path on them is."""
    assert lines
    assert not [line for line in lines if len(line) > 80 and "/" not in line]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_neither_wider_nor_cut(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(monkeypatch, [name, "--help"], None)
    check(lines)
    assert not [line for line in lines if line.endswith("...") and line.startswith("  ")]


@pytest.mark.parametrize(
    ("of", "arguments"),
    [
        *product(("empty", "reference", "study"), (("list",), ("plan",), ("status",), ("status", "--time"))),
        pytest.param("reference", ("plan", "--claims"), marks=pytest.mark.slow),
        *product(("reference", "study"), (("table",),)),
    ],
)
def test_no_table_is_wider(
    arguments: tuple[str, ...], of: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trained: Path
) -> None:
    project = ["-p", str(trained / "study.py")] if of == "study" else []
    out = {"empty": tmp_path, "reference": REFERENCE, "study": trained / "out"}[of]
    check(printed(monkeypatch, [*project, *arguments], out))


METRICS = [f"final_validation_accuracy_{n}" for n in range(9)]
MANY = f"""
from jobs import Run, grid, study

@study(runs=grid(learning_rate=[0.1, 0.2], optimizer=["momentum", "adam"], seed=range(3)), minutes=0.001)
def wide(run: Run, *, learning_rate: float, optimizer: str, seed: int) -> dict:
    return {{name: 100 * learning_rate + seed / 7 for name in {METRICS}}}
"""


def test_many_metrics_are_all_shown_with_whole_names_in_tables_below_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wide.py").write_text(MANY)
    project, out = ["-p", str(tmp_path / "wide.py")], tmp_path / "out"
    assert hw1(*project, "submit", "--local", out=out).returncode == 0
    lines = printed(monkeypatch, [*project, "table"], out)
    check(lines)
    heads = [line.split() for line in lines if "learning_rate" in line]
    assert [name for head in heads for name in head[2:-1]] == METRICS
    assert {(*head[:2], head[-1]) for head in heads} == {("learning_rate", "optimizer", "runs")}
    assert len(lines) == 1 + 5 * len(heads)
    head, *rows = hw1(*project, "table", out=out).stdout.splitlines()[1:]
    assert head.split()[2:-1] == METRICS, "a script reads one table"
    assert len(rows) == 4


def test_a_report_counts_its_figures_in_a_terminal_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trained: Path
) -> None:
    arguments = ["-p", str(trained / "study.py"), "report", "--to", str(tmp_path)]
    shown = printed(monkeypatch, arguments, trained / "out")
    seen = {match[0] for line in shown for match in re.finditer(r"\d+ of \d+ figures, \d+ s left", line)}
    n_drawn = len(list((tmp_path / "figures").glob("*.png")))
    assert f"{n_drawn} of {n_drawn} figures, 0 s left" in seen
    elsewhere = hw1(*arguments, out=trained / "out")
    assert elsewhere.stderr == ""
    assert elsewhere.stdout.splitlines() == [
        f"8 of 8 runs are in {trained / 'out' / 'store'}",
        shown[-1].removeprefix("\x1b[?25h"),
    ]


@pytest.mark.parametrize("arguments", [("profiles",), ("profiles", "palmetto"), ("profiles", "generic")])
def test_no_profile_is_wider(arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    check(printed(monkeypatch, arguments, None))


def test_a_run_that_has_no_room_keeps_its_id_and_its_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lines = printed(monkeypatch, ["list"], tmp_path)
    rows = [line for line in lines if re.match(r"[0-9a-f]{16} ", line)]
    assert rows
    assert all(row.endswith("  pending") for row in rows)
    assert any("…" in row for row in rows)
    assert all(re.search(r"seed \d+ +pending$", row) for row in rows if "…" in row)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("wide")
    (made / "study.py").write_text(STUDY)
    done = hw1("-p", str(made / "study.py"), "submit", "--local", out=made / "out")
    assert done.returncode == 0, done.stderr
    return made
