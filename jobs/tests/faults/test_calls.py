"""A few points of each kind of the harness that goes through all of them."""

import subprocess
import sys

import pytest

from jobs.tests.faults.commands import unmeasured


@pytest.mark.parametrize("what", ["kill", "errors"])
@pytest.mark.slow
def test_a_worker_that_is_stopped_at_any_call_to_the_disk_loses_doubles_and_changes_nothing(what: str) -> None:
    every = {"kill": "15", "errors": "101"}[what]
    command = [sys.executable, "-m", "jobs.tests.faults.calls", "worker", what, "--every", every, "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=unmeasured())
    assert done.returncode == 0, done.stdout + done.stderr
