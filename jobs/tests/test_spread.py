"""Which tests stay together where they are spread over processes."""

import os
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


NOTE = """
import os
import pytest

@pytest.fixture(autouse=True)
def note(request):
    with open("order", "a") as file:
        file.write(f"{request.node.name} {os.getpriority(os.PRIO_PROCESS, 0)}\\n")
"""

BOTH_KINDS = {
    "conftest.py": "from pathlib import Path\nfrom jobs.tests import spread\n"
    f"spread.CLUSTER = Path(__file__).parent / 'cluster'\n{NOTE}",
    "test_a.py": f"{SHARING}\ndef test_quick():\n    pass\n\n@pytest.mark.slow\ndef test_slow():\n    pass\n",
    "cluster/test_b.py": "import pytest\n\n@pytest.mark.alone\ndef test_alone(): pass\n\ndef test_beside(): pass\n",
}


def test_a_clusters_tests_begin_first_and_go_first_then_large_groups_then_slow_tests(tmp_path: Path) -> None:
    for name, text in BOTH_KINDS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    command = [sys.executable, "-m", "pytest", "-c", "/dev/null", f"--rootdir={tmp_path}", "-pjobs.tests.spread"]
    done = subprocess.run(
        [*command, "-n", "1", "--dist", "loadgroup", "."], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "10 passed" in done.stdout, done.stdout + done.stderr
    names, priorities = zip(*(line.split() for line in (tmp_path / "order").read_text().splitlines()), strict=True)
    assert names == ("test_beside", "test_alone", *(f"test_of_it[{n}]" for n in range(6)), "test_slow", "test_quick")
    if not os.geteuid():
        own = os.getpriority(os.PRIO_PROCESS, 0)
        assert [*map(int, priorities)] == [own] * 2 + [min(19, own + 3)] * 8


def test_a_clusters_tests_are_marked_so_that_others_can_be_measured_without_them(tmp_path: Path) -> None:
    for name, text in BOTH_KINDS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    command = [sys.executable, "-m", "pytest", "-c", "/dev/null", f"--rootdir={tmp_path}", "-pjobs.tests.spread"]
    done = subprocess.run([*command, "-m", "cluster", "."], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "2 passed, 8 deselected" in done.stdout, done.stdout + done.stderr
