"""The test cluster itself: its nodes are hosts of their own, and lose their power as hosts do."""

from pathlib import Path

import pytest

from jobs.tests.cluster.user import User
from slurm.devcluster import hosts

NAMES = ["srun", "--nodes=4", "--ntasks-per-node=1", "python", "-c", "import socket; print(socket.gethostname())"]


@pytest.mark.every_slurm
@pytest.mark.alone
def test_every_node_has_a_hostname_of_its_own(user: User) -> None:
    done = user.cluster.run(NAMES, timeout_s=120, cwd=Path("/"))
    assert done.returncode == 0, done.stderr
    assert len(set(done.stdout.split())) == (4 if hosts.separable() else 1)


@pytest.mark.every_slurm
@pytest.mark.alone
def test_a_power_loss_ends_what_watches_the_jobs_too_and_so_the_job_is_requeued(user: User) -> None:
    command = ["sbatch", "--parsable", "--requeue", "--output=/dev/null", "--wrap=sleep 600"]
    job = user.cluster.run(command, timeout_s=60, cwd=Path("/")).stdout.strip()
    state = ("squeue", "--noheader", f"--jobs={job}", "--format=%T %N %r")
    node = user.until_job(lambda words: words[0] == "RUNNING", *state)[1]
    user.cluster.kill_node(int(node.removeprefix("node")))
    user.until_job(lambda words: words[0] == "PENDING" or words[1] != node, *state)
    assert user.cluster.slurm("scontrol", "show", "job", job).count("Restarts=1") == 1
    user.cluster.start_node(int(node.removeprefix("node")))
