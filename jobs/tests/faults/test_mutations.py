"""A few cases of the harness that damages every kind of file."""

import subprocess
import sys

import pytest

from jobs.tests.faults.commands import unmeasured


@pytest.mark.slow
def test_no_damage_to_a_file_ends_in_a_traceback_a_lost_run_or_a_wrong_number() -> None:
    command = [sys.executable, "-m", "jobs.tests.faults.mutations", "--n", "24", "--seed", "2", "--slow", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=unmeasured())
    assert done.returncode == 0, done.stdout + done.stderr
