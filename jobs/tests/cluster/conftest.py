"""A real Slurm, an ordinary user of it, and what an uninterrupted local run gives."""

import os
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs.tests.cluster.user import Stored, User
from jobs.tests.stored import stored
from slurm.devcluster import Cluster, DevclusterError, Options


@pytest.fixture(scope="session")
def slurm() -> Cluster:
    """The test cluster, where `make cluster-up` has brought it up."""
    cluster = Cluster()
    if os.geteuid() or not cluster.is_up:
        pytest.skip("needs a test cluster and root: `sudo make cluster-up`, then `sudo make test`")
    return cluster


@pytest.fixture
def cluster(slurm: Cluster) -> Iterator[Cluster]:
    """The test cluster with default options, nothing in its queue and all its nodes idle, before and after."""
    _ready(slurm)
    yield slurm
    _ready(slurm)


def _ready(slurm: Cluster) -> None:
    """With default options, and whole."""
    whole = slurm.is_up and slurm.options == Options()
    try:
        if whole:
            slurm.slurm("scancel", "--user=hw1user", "--quiet")
            slurm.slurm("scancel", "--user=hw1user", "--quiet", "--signal=KILL")
            slurm.resume()
    except DevclusterError:
        whole = False
    if not whole:
        slurm.restart(Options())


@pytest.fixture
def user(cluster: Cluster) -> User:
    """The ordinary user, with an output folder of their own."""
    return User(cluster, cluster.shared / secrets.token_hex(4))


@pytest.fixture(scope="session")
def uninterrupted(slurm: Cluster) -> Callable[..., Stored]:
    """What local runs of a sweep without any fault stored; each sweep is trained once."""
    found: dict[tuple[str, ...], Stored] = {}

    def local(*sweep: str, code: Path | None = None) -> Stored:
        key = (*sweep, str(code))
        if key not in found:
            user = User(slurm, slurm.shared / secrets.token_hex(4), code=code)
            done = user.hw1("submit", "--local", *sweep)
            assert not re.search(r"Traceback|killed", done.stdout + done.stderr), done
            found[key] = stored(user.out)
        return found[key]

    return local
