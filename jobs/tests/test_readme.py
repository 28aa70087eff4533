"""The READMEs: their size, and the study of the front page, read out of it and run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("jobs", "slurm", "results", "hw1", "hw1/bench")


def test_the_front_page_has_at_most_150_lines_and_links_to_every_rooms_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    assert all(f"]({room}/README.md)" in text for room in ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_rooms_readme_has_at_most_200_lines(room: str) -> None:
    assert 10 < len((ROOT / room / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


def test_the_study_of_the_front_page_runs_in_an_empty_folder(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    found = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found
    (tmp_path / "digits.py").write_text(found[1], encoding="utf-8")

    def hw1(*arguments: str) -> str:
        code = "from jobs.cli.app import main; main()"
        command = [sys.executable, "-c", code, "-p", "digits.py", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "30 runs: 30 pending" in hw1("list")
    two = ("--smoke", "--study", "mlp", "--set", "width=8", "--seeds", "1")
    assert "all 2 runs are done" in hw1("submit", "--local", *two)
    assert "2 runs: 2 done" in hw1("list", *two)
