"""Interrupts are noted, told from their echoes, and left alone where they are to be ignored."""

import os
import signal
import time

import pytest

from slurm.interrupts import Interrupts


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_one_counts_unless_it_is_an_echo(number: int) -> None:
    with Interrupts() as interrupts:
        assert not interrupts.any
        for _ in range(2):
            os.kill(os.getpid(), number)
            assert (interrupts.any, interrupts.insistent) == (True, False)
        time.sleep(0.55)
        assert not interrupts.insistent
        os.kill(os.getpid(), number)
        assert interrupts.insistent


def test_under_nohup_a_closed_terminal_stops_nothing() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interrupts() as interrupts:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not interrupts.any
    finally:
        signal.signal(signal.SIGHUP, before)
