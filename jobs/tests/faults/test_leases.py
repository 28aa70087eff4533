"""Two hosts, one store: nothing is committed twice, and no pack has two owners. A few rounds of each."""

from pathlib import Path

import pytest

from jobs.tests.faults.leases import can_name_hosts, claims, zombies

pytestmark = pytest.mark.skipif(not can_name_hosts(), reason="this machine lets nobody give processes hostnames")


@pytest.mark.slow
def test_a_worker_that_stood_still_until_another_host_took_its_packs_over_commits_nothing_twice(tmp_path: Path) -> None:
    found = zombies(6, tmp_path)
    assert (found.n_twice, found.n_lost, found.n_different) == (0, 0, 0)
    assert found.n_taken_over


@pytest.mark.slow
def test_of_workers_on_two_hosts_that_claim_a_pack_at_once_one_has_it(tmp_path: Path) -> None:
    found = claims(100, tmp_path)
    assert (found.n_several, found.n_none) == (0, 0)
