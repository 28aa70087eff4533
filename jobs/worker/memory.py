"""Memory of a process that trains: the C allocator's settings, and what running out of it looks like."""

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3  # malloc.h
_LARGEST_MMAP_THRESHOLD = 32 * 2**20
_NEVER = 2**31 - 1


def keep_freed_memory() -> None:
    """Have glibc keep what a training step frees for the next one; elsewhere, nothing.

    By default it gives activations of megabytes back to the kernel after each step and faults them in again: on two
    cores that took a fifth of a convolutional network's step (4,100 page faults a step of the CNN, none with this).
    """
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):  # not in musl
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD)
        libc.mallopt(_M_TRIM_THRESHOLD, _NEVER)
        libc.mallopt(_M_TOP_PAD, 64 * 2**20)


def is_memory_error(error: BaseException) -> bool:
    """True if it says that there was not enough memory: torch raises RuntimeErrors of its own for that."""
    text = str(error)
    return isinstance(error, MemoryError) or "out of memory" in text or "can't allocate memory" in text
