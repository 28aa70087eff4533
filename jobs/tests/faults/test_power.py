"""Some power cuts of the harness that goes through all of them."""

import subprocess
import sys

import pytest

from jobs.tests.faults.commands import unmeasured


@pytest.mark.slow
def test_a_power_cut_at_any_write_of_a_submission_loses_no_job_and_no_call_that_slurm_has() -> None:
    command = [sys.executable, "-m", "jobs.tests.faults.power", "--every", "10"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=unmeasured())
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith(" power cuts, 0 with faults\n")
