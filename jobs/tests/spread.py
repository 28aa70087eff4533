"""A plugin of pytest's: tests that stay together where pytest-xdist spreads them (`-n 2 --dist loadgroup`)."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from slurm.devcluster import releases

CLUSTER = Path(__file__).parent / "cluster"
"""Tests that take turns at a test cluster."""

SIDES = 2
"""Processes that share one, as several users would.

Of the tests that need one alone, half are the last of the first process, and half have a process of their own: a second
cluster of the release takes them, where there is one. The short pass of another release has one process.
"""

POLITE = 3
"""How much nicer are tests without a cluster: its tests mostly wait, and are the longest chain."""

_OWN_PRIORITY = os.getpriority(os.PRIO_PROCESS, 0)


def pytest_configure(config: pytest.Config) -> None:
    """Keep our own order of groups; pytest-xdist begins with the largest, whatever its tests take."""
    config.option.loadscopereorder = False


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group tests by the costly fixture that they share, or the cluster, whose tests are marked.

    The cluster's, which mostly wait, begin first, then large groups, then single tests that are slow. What shares
    nothing, neither a folder's fixture nor a file's, is a group by itself.
    """
    items.sort(key=lambda item: (not _is_of_cluster(item), _is_alone(item)))
    of_release = Counter[tuple[str, str]]()
    groups = {item: _group(item, of_release) for item in items}
    sizes = Counter(groups.values())
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group))
        if _is_of_cluster(item):
            item.add_marker(pytest.mark.cluster)
    items.sort(key=lambda item: _order(item, sizes[groups[item]]))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Where both kinds run at once, as root, have a test of the cluster come first."""
    if not os.geteuid():
        os.setpriority(os.PRIO_PROCESS, 0, min(19, _OWN_PRIORITY + POLITE * (not _is_of_cluster(item))))


def _group(item: pytest.Item, of_release: Counter[tuple[str, str]]) -> str:
    if not _is_of_cluster(item):
        return min(_shared(item), default=item.nodeid)
    release, kind = _release(item), "alone" if _is_alone(item) else "beside"
    of_release[release, kind] += 1
    side = of_release[release, kind] % SIDES if release == releases.chosen() else 0
    return f"cluster {release} {'alone' if side and _is_alone(item) else side}"


def _order(item: pytest.Item, n_in_group: int) -> tuple[int, ...]:
    if _is_of_cluster(item):
        return (0,)
    return 1, -n_in_group, n_in_group > 1 or item.get_closest_marker("slow") is None


def _is_of_cluster(item: pytest.Item) -> bool:
    return CLUSTER in item.path.parents


def _is_alone(item: pytest.Item) -> bool:
    return item.get_closest_marker("alone") is not None


def _release(item: pytest.Item) -> str:
    """The release whose cluster the test is of."""
    return str(getattr(item, "callspec").params["slurm"]) if hasattr(item, "callspec") else ""  # noqa: B009 - a Function's


def _shared(item: pytest.Item) -> Iterator[str]:
    """Folder or file of each of our own fixtures that outlives the test."""
    found = getattr(item, "_fixtureinfo", None)
    for definitions in found.name2fixturedefs.values() if found else ():
        if definitions[-1].baseid and definitions[-1].scope != "function":
            yield definitions[-1].baseid
