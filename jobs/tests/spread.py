"""A plugin of pytest's: tests that stay together where pytest-xdist spreads them (`-n 2 --dist loadgroup`)."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

CLUSTER = Path(__file__).parent / "cluster"
"""Tests that take turns at a test cluster."""

SIDES = 2
"""Processes that share one, as several users would; tests that need it alone are the last of the first process."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group tests by the costly fixture that they share, or the cluster; the cluster's, which mostly wait, begin first.

    What shares nothing, neither a folder's fixture nor a file's, is a group by itself.
    """
    items.sort(key=lambda item: (CLUSTER not in item.path.parents, _is_alone(item)))
    of_release = Counter[str]()
    for item in items:
        if CLUSTER in item.path.parents:
            release = _release(item)
            of_release[release] += 1
            group = f"cluster {release} {0 if _is_alone(item) else of_release[release] % SIDES}"
        else:
            group = min(_shared(item), default=item.nodeid)
        item.add_marker(pytest.mark.xdist_group(group))


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
