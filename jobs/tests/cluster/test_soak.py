"""A short soak: see `jobs.tests.cluster.soak` for the long one."""

from collections.abc import Callable

import pytest

from jobs.tests.cluster.soak import soak
from jobs.tests.cluster.user import Stored
from slurm.devcluster import Cluster

SWEEP = ("--study", "minimal_ratio", "--seeds", "4")


@pytest.mark.alone
def test_under_faults_of_every_kind_no_run_is_lost_or_trained_twice(
    cluster: Cluster, uninterrupted: Callable[..., Stored]
) -> None:
    result = soak(cluster, uninterrupted(*SWEEP), sweep=SWEEP, minutes=1.5, seed=0, n_faults=6)
    print("\n".join(result.lines()))
    assert result.faults.total() >= 6
    assert (result.n_lost, result.n_twice, result.n_differing) == (0, 0, 0)
