"""A plugin of pytest's: tests that stay together where pytest-xdist spreads them (`-n 2 --dist loadgroup`)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

CLUSTER = Path(__file__).parent / "cluster"
"""Tests that take turns at the one test cluster."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group tests by the costly fixtures that they share; the cluster's, which mostly wait, begin first."""
    items.sort(key=lambda item: CLUSTER not in item.path.parents)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))


def _group(item: pytest.Item) -> str:
    """The cluster, else the folder or file whose fixture the test shares with others, else the test alone."""
    return _cluster(item) if CLUSTER in item.path.parents else min(_shared(item), default=item.nodeid)


def _cluster(item: pytest.Item) -> str:
    """The release whose cluster the test is of: its tests come one after the other."""
    return f"cluster {getattr(item, 'callspec').params['slurm'] if hasattr(item, 'callspec') else ''}"  # noqa: B009 - a Function's


def _shared(item: pytest.Item) -> Iterator[str]:
    """Folder or file of each of our own fixtures that outlives the test."""
    found = getattr(item, "_fixtureinfo", None)
    for definitions in found.name2fixturedefs.values() if found else ():
        if definitions[-1].baseid and definitions[-1].scope != "function":
            yield definitions[-1].baseid
