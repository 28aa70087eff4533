"""What a machine must allow."""

import pytest

from slurm.devcluster import hosts


@pytest.fixture
def private_names() -> None:
    """A process can have a hostname of its own."""
    if not hosts.separable():
        pytest.skip("needs root and UTS namespaces")
