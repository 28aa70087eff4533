"""A real Slurm, an ordinary user of it, and what an uninterrupted local run gives."""

import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs.tests.cluster.turns import alone, beside_others
from jobs.tests.cluster.user import ROOT, Stored, User
from jobs.tests.stored import stored
from slurm.devcluster import Cluster, releases

WALKS = ROOT / "jobs" / "tests" / "projects" / "walks.py"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests on this machine's Slurm, or the chosen one; those marked so on every release's."""
    if "slurm" in metafunc.fixturenames:
        every = metafunc.definition.get_closest_marker("every_slurm") and not os.environ.get(releases.VARIABLE)
        others = [release for release in releases.RELEASES if release != releases.chosen()] if every else []
        metafunc.parametrize("slurm", [releases.chosen(), *others], indirect=True, scope="session")


@pytest.fixture(scope="session")
def slurm(request: pytest.FixtureRequest) -> Cluster:
    """The test cluster of a release, where `make cluster-up` has brought it up."""
    cluster = Cluster(release=request.param)
    if os.geteuid() or not cluster.is_brought_up:  # another process may just do something to it
        remedy = f"`sudo make cluster-up RELEASE={request.param}`, then `sudo make test`"
        pytest.skip(f"needs a test cluster and root: {remedy}")
    return cluster


@pytest.fixture(scope="session")
def clusters(slurm: Cluster) -> list[Cluster]:
    """The release's second test cluster, where `make cluster-up SECOND=yes` has brought one up, and the first."""
    return [*([slurm.second] if slurm.second.is_brought_up else []), slurm]


@pytest.fixture
def cluster(slurm: Cluster, clusters: list[Cluster], request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A test cluster with default options and all its nodes usable; nobody else's for a test marked `alone`."""
    with alone(clusters) if request.node.get_closest_marker("alone") else beside_others(slurm) as whole:
        yield whole


@pytest.fixture
def user(cluster: Cluster) -> User:
    """The ordinary user, with an output folder of their own."""
    return User(cluster, cluster.shared / secrets.token_hex(4))


@pytest.fixture
def walker(user: User) -> User:
    """The same with studies in plain Python, whose workers start in a second."""
    user.project = WALKS
    return user


@pytest.fixture(scope="session")
def uninterrupted(slurm: Cluster, testrun_uid: str) -> Callable[..., Stored]:
    """Tables of a sweep that was trained locally without any fault, once, by one of pytest's processes."""

    def local(*sweep: str, project: Path | None = None) -> Stored:
        key = hashlib.sha256(repr((testrun_uid, sweep, project)).encode()).hexdigest()[:16]
        user = User(slurm, slurm.shared / key, project=project)
        with user.out.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not user.out.with_suffix(".whole").exists():
                done = user.hw1("submit", "--local", *sweep)
                assert not re.search(r"Traceback|killed", done.stdout + done.stderr), done
                user.out.with_suffix(".whole").touch()
        return stored(user.out)

    return local
