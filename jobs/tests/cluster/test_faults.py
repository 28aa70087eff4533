"""Whatever happens to a job, its runs end with the numbers of an uninterrupted local run, each trained once."""

import os
import signal
import time
from collections.abc import Callable

import pytest

from jobs.tests.cluster.faults import fill
from jobs.tests.cluster.user import Stored, User
from jobs.tests.stored import stored
from slurm.devcluster import Options

HUNDRED = ("--study", "minimal_ratio")
"""A hundred runs, in two packs of some seconds each where there is one worker."""

ONE = (*HUNDRED, "--workers", "1")

WALK, N_WALKS = ("--study", "walk"), 8
"""Runs of the fixture `walker`: for faults of the cluster and of the disk, which no training meets otherwise."""

Local = Callable[..., Stored]


def test_a_hundred_runs_in_at_most_four_tasks(user: User, uninterrupted: Local) -> None:
    said = user.finish(*HUNDRED, "--workers", "4")
    assert "100 runs in 4 tasks handed to Slurm with profile devcluster" in said
    assert "all 100 runs are done" in said
    assert_as_uninterrupted(user, 100, uninterrupted(*HUNDRED))
    assert "all 100 runs are done" in user.submit(*HUNDRED)


@pytest.mark.every_slurm
def test_a_worker_killed_with_9_continues_by_itself(user: User, uninterrupted: Local) -> None:
    user.submit(*ONE)
    pid = user.until_training()["pid"]
    shown = next(record for record in user.status(*HUNDRED) if record["state"] == "running")
    assert shown["job_id"] == user.until_training()["job_id"]
    assert shown["n_steps"] in {50, 4000}
    os.kill(pid, signal.SIGKILL)
    user.until(lambda states: not states["running"], *HUNDRED)
    assert not user.states(*HUNDRED)["lost"]
    user.until(lambda states: states["done"] == 100, *HUNDRED)
    assert "worker number 1 has died while it trained this pack: killed" in user.logs()
    assert_as_uninterrupted(user, 100, uninterrupted(*HUNDRED))


@pytest.mark.every_slurm
def test_a_cancelled_task_is_lost_and_the_next_submission_continues(user: User, uninterrupted: Local) -> None:
    user.submit(*HUNDRED, "--workers", "4")
    job_id = user.until_training()["job_id"]
    user.cluster.slurm("scancel", job_id)
    states = user.until(lambda states: not states["queued"] + states["running"], *HUNDRED)
    assert states["lost"] in {25, 50}
    assert states["lost"] + states["done"] == 100
    assert "cancelled" in user.hw1("status", *HUNDRED).stdout
    user.finish(*HUNDRED)
    assert_as_uninterrupted(user, 100, uninterrupted(*HUNDRED))


@pytest.mark.alone
@pytest.mark.parametrize("user_signal", [True, False])
def test_preempted_tasks_continue_at_limits_of_5_and_30_minutes(
    user: User, uninterrupted: Local, *, user_signal: bool
) -> None:
    if not user_signal:
        user.cluster.restart(Options(user_signal=False))
    users = [User(user.cluster, user.out / str(limit)) for limit in (5, 30)]
    for each, limit in zip(users, (5, 30), strict=True):
        each.submit(*ONE, profile=each.profile(partition="preempt", time_limit_min=limit))
    for each in users:
        each.until_training()
    user.occupy(seconds=8, partition="owner")
    for each in users:
        each.until(lambda states: not states["running"], *HUNDRED)
        assert not each.states(*HUNDRED)["lost"]
    for each in users:
        each.until(lambda states: states["done"] == 100, *HUNDRED)
        assert "stopped at" in each.logs()
        assert "continuing from" in each.logs()
        assert_as_uninterrupted(each, 100, uninterrupted(*HUNDRED))


@pytest.mark.every_slurm
@pytest.mark.alone
def test_a_lost_node_gives_its_tasks_to_another(user: User, uninterrupted: Local) -> None:
    single, array = User(user.cluster, user.out / "single"), User(user.cluster, user.out / "array")
    single.submit(*ONE)
    array.submit(*HUNDRED, "--workers", "4")
    nodes = {each.until_training()["host"] for each in (single, array)}
    for node in nodes:
        user.cluster.kill_node(int(node.removeprefix("node")))
    for each in (single, array):
        each.until(lambda states: states["done"] == 100, *HUNDRED)
        assert_as_uninterrupted(each, 100, uninterrupted(*HUNDRED))
        assert f"on {next(iter(nodes))}" in each.logs()
    for node in nodes:
        user.cluster.start_node(int(node.removeprefix("node")))


def test_a_time_limit_of_a_minute_on_work_of_more_continues_until_it_is_done(
    walker: User, uninterrupted: Local
) -> None:
    sweep = ("--study", "stroll", "--seeds", "3")
    walker.submit(*sweep, "--workers", "1", profile=walker.profile(time_limit_min=1))
    walker.until(lambda states: states["done"] == 3, *sweep)
    assert walker.logs().count("continuing from") >= 2
    assert "ended: time_limit, requeued" in walker.words()
    assert_as_uninterrupted(walker, 3, uninterrupted(*sweep, project=walker.project))


@pytest.mark.alone
def test_the_controller_restarted_and_killed_in_mid_sweep(walker: User, uninterrupted: Local) -> None:
    walker.submit(*WALK, "--workers", "4")
    walker.until_training()
    walker.cluster.stop_controller()
    told = walker.hw1("status", *WALK)
    assert told.returncode == 0
    assert "does not answer" in told.stdout
    assert not walker.states(*WALK)["lost"]
    walker.cluster.start_controller()
    walker.until(lambda states: states["done"] > 0, *WALK)
    walker.cluster.stop_controller(kill=True)
    walker.cluster.start_controller()
    walker.until(lambda states: not states["running"] + states["queued"], *WALK)
    walker.cluster.resume()
    walker.finish(*WALK)
    assert_as_uninterrupted(walker, N_WALKS, uninterrupted(*WALK, project=walker.project))


@pytest.mark.alone
def test_submitting_while_the_controller_is_down_says_so_and_loses_nothing(walker: User, uninterrupted: Local) -> None:
    walker.cluster.stop_controller()
    done = walker.hw1("submit", "--profile", "devcluster", *WALK, "--workers", "1")
    assert done.returncode == 2
    assert "nothing was submitted: " in done.stderr
    walker.cluster.start_controller()
    walker.finish(*WALK, "--workers", "1")
    assert_as_uninterrupted(walker, N_WALKS, uninterrupted(*WALK, project=walker.project))


@pytest.mark.alone
def test_a_database_that_is_down_changes_nothing(walker: User, uninterrupted: Local) -> None:
    walker.cluster.stop_database()
    try:
        walker.submit(*WALK, "--workers", "1")
        os.kill(walker.until_training()["pid"], signal.SIGKILL)
        walker.until(lambda states: states["done"] == N_WALKS, *WALK)
    finally:
        walker.cluster.start_database()
    assert_as_uninterrupted(walker, N_WALKS, uninterrupted(*WALK, project=walker.project))


@pytest.mark.alone
def test_a_cluster_without_accounting(walker: User, uninterrupted: Local) -> None:
    walker.cluster.restart(Options(accounting=False))
    walker.submit(*WALK, "--workers", "1")
    os.kill(walker.until_training()["pid"], signal.SIGKILL)
    walker.until(lambda states: states["done"] == N_WALKS, *WALK)
    assert_as_uninterrupted(walker, N_WALKS, uninterrupted(*WALK, project=walker.project))


def test_a_full_disk_is_waited_for(walker: User, uninterrupted: Local) -> None:
    walker.out = walker.out / "disk"
    walker.out.mkdir(parents=True)
    walker.cluster.slurm("mount", "-t", "tmpfs", "-o", "size=24m,mode=1777", "tmpfs", str(walker.out))
    try:
        walker.submit(*WALK, "--workers", "1")
        walker.until_training()
        ballast = walker.out / "ballast"
        fill(ballast)
        time.sleep(15)
        assert walker.states(*WALK)["done"] < N_WALKS
        assert not walker.states(*WALK)["lost"]
        ballast.unlink()
        walker.until(lambda states: states["done"] == N_WALKS, *WALK)
        assert_as_uninterrupted(walker, N_WALKS, uninterrupted(*WALK, project=walker.project))
    finally:
        walker.hw1("cancel", "--all", "--yes")
        time.sleep(3)
        walker.cluster.slurm("umount", "--lazy", str(walker.out))


def assert_as_uninterrupted(user: User, n_runs: int, expected: Stored) -> None:
    """The store holds every number of the local run to the last bit, and no run was committed twice."""
    assert stored(user.out) == expected
    assert user.n_committed() == n_runs, user.logs()
