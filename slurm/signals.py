"""Stop requests: how a running task hears that it should write its checkpoint and end."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2})
"""SIGUSR2 is what Slurm is told to send before it takes a node away."""


class _Request:
    made = False
    heard = False


def stop_requested() -> bool:
    """True if this process should end soon. A task asks between steps, and returns early once it is true."""
    _Request.heard |= _Request.made
    return _Request.made


def stop_heard() -> bool:
    """True if the task has asked and been told to stop: if not, it was finished when it returned."""
    return _Request.heard


def request_stop() -> None:
    """Make `stop_requested` true for the rest of this process."""
    _Request.made = True


def listen() -> None:
    """Take the signals of a terminal, a scheduler or a user as stop requests, in place of whatever took them before.

    Signals that came while they were held, see `held`, come through now.
    """
    for number in _SIGNALS:
        signal.signal(number, lambda *_: request_stop())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


@contextmanager
def held() -> Iterator[None]:
    """Keep these signals waiting, here until the end of the block, in processes started in it until they `listen`.

    Processes inherit which signals are held. So none is lost and none does harm between a process's start and the
    moment when it can take them.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
