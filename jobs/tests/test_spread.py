"""Which tests stay together where they are spread over processes."""

import subprocess
import sys
from pathlib import Path

SHARING = """
import os
from pathlib import Path
import pytest

@pytest.fixture(scope="module")
def costly():
    with open("processes", "a") as file:
        file.write(os.environ["PYTEST_XDIST_WORKER"] + "\\n")

@pytest.mark.parametrize("n", range(6))
def test_of_it(costly, n):
    pass
"""


def test_those_that_share_a_costly_fixture_run_in_one_process_and_make_it_once(tmp_path: Path) -> None:
    (tmp_path / "test_sharing.py").write_text(SHARING)
    command = [sys.executable, "-m", "pytest", "-c", "/dev/null", f"--rootdir={tmp_path}", "-pjobs.tests.spread"]
    spread = ["-n", "2", "--dist", "loadgroup", "test_sharing.py"]
    done = subprocess.run([*command, *spread], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "6 passed" in done.stdout, done.stdout + done.stderr
    assert len((tmp_path / "processes").read_text().split()) == 1
