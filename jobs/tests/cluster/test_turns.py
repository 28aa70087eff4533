"""Tests that take turns at a cluster."""

import fcntl
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from pathlib import Path

import pytest

from jobs.tests.cluster.turns import first_free, turn


def test_a_test_alone_waits_for_those_side_by_side(tmp_path: Path) -> None:
    def take(how: int) -> bool:
        with turn(tmp_path, how):
            return True

    with ThreadPoolExecutor(2) as pool:
        with turn(tmp_path, fcntl.LOCK_SH):
            assert pool.submit(take, fcntl.LOCK_SH).result(timeout=60)
            alone = pool.submit(take, fcntl.LOCK_EX)
            with pytest.raises(Late):
                alone.result(timeout=0.3)
        assert alone.result(timeout=60)


def test_tests_alone_take_whatever_cluster_is_free_and_wait_for_one(tmp_path: Path) -> None:
    second, first = tmp_path / "second", tmp_path / "first"
    second.mkdir()
    first.mkdir()

    def take() -> int:
        with first_free([second, first]) as free:
            return free

    with ThreadPoolExecutor(1) as pool, first_free([second, first]) as one:
        assert one == 0
        with turn(first, fcntl.LOCK_SH):
            other = pool.submit(take)
            with pytest.raises(Late):
                other.result(timeout=0.5)
        assert other.result(timeout=60) == 1
