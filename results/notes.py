"""Notes at the end of a `runs` file, found without a reader of Parquet: a store may have thousands of small ones.

Parquet keeps a file's own notes as they are, so their text stands somewhere in its last bytes. A checksum in it says
that this is it, and whole; its place, that nothing was cut out of the file or put into it.
"""

import functools
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

_HEAD = b'{"stamp": "'
_N_DIGITS = 8
_LAST = b"PAR1"
_N_LAST = 4 + len(_LAST)
_TAIL = 1 << 16
_MANY = 1 << 15


def stamped(notes: Mapping[str, Any], n_before: int) -> bytes:
    """The notes as JSON that `at_end` finds again.

    Args:
        notes: What is noted.
        n_before: Bytes of the file before its footer, in which the notes will stand.
    """
    body = json.dumps({"n_before": n_before, **notes})[1:].encode()
    return _HEAD + b'%08x%08x", ' % (len(body), crc32(body)) + body


def at_end(path: Path) -> dict[str, Any] | None:
    """The notes at the end of a file; None where only a reader of Parquet can tell what is there.

    Raises:
        FileNotFoundError: If it is not there.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        return None
    return _at_end(str(path), found.st_ino, found.st_mtime_ns, found.st_size)


@functools.lru_cache(maxsize=_MANY)
def _at_end(path: str, inode: int, modified_ns: int, n_bytes: int) -> dict[str, Any] | None:  # noqa: ARG001 - which file
    tail = _tail(path, n_bytes)
    n_footer = int.from_bytes(tail[-_N_LAST : -len(_LAST)], "little")
    place = len(tail) - _N_LAST - n_footer
    at = tail.rfind(_HEAD, max(0, place))
    if not tail.endswith(_LAST) or place < 0 or at < 0:
        return None
    at += len(_HEAD)
    body = tail[at + 2 * _N_DIGITS + len('", ') : -_N_LAST]
    try:
        length, checksum = (int(tail[k : k + _N_DIGITS], 16) for k in (at, at + _N_DIGITS))
        notes = json.loads(b"{" + body[:length]) if crc32(body[:length]) == checksum else None
    except ValueError:
        return None
    is_whole = isinstance(notes, dict) and notes.get("n_before") == n_bytes - _N_LAST - n_footer
    return notes if is_whole else None


def _tail(path: str, n_bytes: int) -> bytes:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.pread(file, _TAIL, max(0, n_bytes - _TAIL))
    finally:
        os.close(file)
