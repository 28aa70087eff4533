"""Stop requests reach a process whenever they are made."""

import subprocess
import sys

import pytest

from slurm import signals


def test_nobody_is_asked_to_stop_who_was_not() -> None:
    assert not signals.stop_requested()
    assert not signals.stop_heard()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2"])
def test_a_signal_that_was_held_comes_through_in_the_child_that_listens(name: str) -> None:
    child = (
        "import os, signal; from slurm import signals; os.kill(os.getpid(), signal.SIGNAL); signals.listen();"
        "print(signals.stop_heard(), signals.stop_requested(), signals.stop_heard())"
    ).replace("SIGNAL", name)
    with signals.held():
        output = subprocess.check_output([sys.executable, "-c", child], text=True)
    assert output == "False True True\n"
