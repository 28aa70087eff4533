"""Waiting for what other processes do."""

import time
from collections.abc import Callable


def eventually(condition: Callable[[], object], timeout_s: float = 60.0) -> bool:
    """True if the condition came true in time."""
    late = time.monotonic() + timeout_s
    while not (true := bool(condition())) and time.monotonic() < late:
        time.sleep(0.02)
    return true
