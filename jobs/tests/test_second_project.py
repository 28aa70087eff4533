"""A project in a file that no room knows, with a kind, a table, a figure and a claim of its own."""

import shutil
from pathlib import Path

import pytest

from jobs import load
from jobs.tests.commands import hw1
from results.store import Store

FILE = Path(__file__).parent / "projects" / "ridge.py"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ridge")
    shutil.copy(FILE, folder / "ridge.py")
    done = hw1("-p", str(folder / "ridge.py"), "submit", "--local", out=folder / "out")
    assert "all 72 runs are done" in done.stdout, done.stderr
    return folder / "out"


def project(out: Path, *arguments: str) -> str:
    done = hw1("-p", str(out.parent / "ridge.py"), *arguments, out=out)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_takes_at_most_160_lines() -> None:
    assert len(FILE.read_text(encoding="utf-8").splitlines()) <= 160


def test_its_own_table_and_columns_are_in_the_store(out: Path) -> None:
    weights = Store(out).read("weights").to_pylist()
    frame = load(out)
    assert len(weights) == frame["n_features"].sum()
    assert (frame["test_error"] > frame["train_error"]).mean() > 0.9
    assert frame["torch"].isna().all()


def test_its_page_has_its_figure_and_its_claim_judged(out: Path) -> None:
    said = project(out, "report")
    page = (out / "report" / "report.md").read_text(encoding="utf-8")
    assert "1 figure, " in said
    assert "Random features" in page
    assert "| R1 “with as many features as points" in page
    assert "holds" in page


def test_its_commands_know_its_study_and_fields_alone(out: Path) -> None:
    assert "72 runs: 72 done" in project(out, "list")
    assert "nothing is pending" in project(out, "plan")
    assert "9 runs: 9 pending" in project(out, "list", "--seeds", "8:9")
    assert "24 runs: 24 pending" in project(out, "list", "--set", "n_features=7")
    assert "test_error" in project(out, "table", "--by", "n_features")
    assert "9 runs: 9 done" in project(out, "list", "--seeds", "1")
