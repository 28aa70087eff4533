"""The kernel's seccomp notifications: each system call of a process waits until its watcher lets it go on, or not.

Needs Linux 5.5 on x86-64 and no rights, no compiler and no library; it sees the calls of every thread, of C++ libraries
and of children alike.
"""

import array
import ctypes
import errno
import fcntl
import os
import select
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

WRITING = {
    1: "write",
    18: "pwrite64",
    20: "writev",
    40: "sendfile",
    59: "execve",
    73: "flock",
    74: "fsync",
    75: "fdatasync",
    76: "truncate",
    77: "ftruncate",
    82: "rename",
    83: "mkdir",
    84: "rmdir",
    86: "link",
    87: "unlink",
    88: "symlink",
    90: "chmod",
    91: "fchmod",
    257: "openat",
    258: "mkdirat",
    263: "unlinkat",
    264: "renameat",
    265: "linkat",
    266: "symlinkat",
    268: "fchmodat",
    280: "utimensat",
    285: "fallocate",
    316: "renameat2",
    326: "copy_file_range",
}
READING = {
    0: "read",
    4: "stat",
    5: "fstat",
    6: "lstat",
    17: "pread64",
    21: "access",
    89: "readlink",
    217: "getdents64",
    262: "newfstatat",
    267: "readlinkat",
    269: "faccessat",
    332: "statx",
    439: "faccessat2",
}
"""By their numbers on x86-64. `openat` is here and there: it writes if its flags say so."""

_ON_A_FILE = {"read", "pread64", "fstat", "getdents64", "write", "pwrite64", "writev"}
_ON_A_FILE |= {"flock", "fsync", "fdatasync", "ftruncate", "fchmod", "fallocate", "sendfile"}
_FROM_A_FOLDER = {"openat", "mkdirat", "unlinkat", "renameat", "renameat2", "linkat", "fchmodat", "utimensat"}
_FROM_A_FOLDER |= {"newfstatat", "readlinkat", "faccessat", "faccessat2", "statx"}

_NR_SECCOMP, _FILTER, _NEW_LISTENER, _NO_NEW_PRIVILEGES = 317, 1, 8, 38
_RECEIVE, _SEND, _CONTINUE = 0xC0502100, 0xC0182101, 1
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_FLAGS_OF_OPENAT = 32
_HERE = ctypes.c_int32(-100).value

_libc = ctypes.CDLL(None, use_errno=True)


class _Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte), ("k", ctypes.c_uint)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction))]


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A system call that waits."""

    id: int
    process: int
    parent: int
    name: str
    path: str
    """What it is about; empty if that is no file with a name."""


def submit_to_watcher(channel: socket.socket, *, reads: bool) -> None:
    """In a process that is to be watched: from here on its calls, and those of its children, wait for the watcher.

    Raises:
        OSError: If the kernel has no such filters.
    """
    calls = sorted({*WRITING, *(READING if reads else ())} - {257})
    lines = [(_LOAD, 0, 0, 0)]
    lines += [line for number in calls for line in ((_EQUAL, 0, 1, number), (_RETURN, 0, 0, _NOTIFY))]
    lines += [(_EQUAL, 1, 0, 257), (_RETURN, 0, 0, _ALLOW)]
    lines += [] if reads else [(_LOAD, 0, 0, _FLAGS_OF_OPENAT), (_ANY_BIT, 1, 0, _WRITES), (_RETURN, 0, 0, _ALLOW)]
    lines += [(_RETURN, 0, 0, _NOTIFY)]
    program = _Program(len(lines), (_Instruction * len(lines))(*(_Instruction(*line) for line in lines)))
    _libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    listener = _libc.syscall(_NR_SECCOMP, _FILTER, _NEW_LISTENER, ctypes.byref(program))
    if listener < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    channel.sendmsg([b"."], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [listener]))])
    os.close(listener)


class Watcher:
    """Receives the calls of a process, and says what becomes of each."""

    def __init__(self, channel: socket.socket) -> None:
        """Wait until the process submits to it."""
        self._listener = socket.recv_fds(channel, 1, 1)[1][0]

    def calls(self, *, limit_s: float) -> Iterator[Call | None]:
        """Every call, each to be answered; None where none came for ``limit_s``. Ends with the last process."""
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        while True:
            events = poll.poll(limit_s * 1000)
            if events and not events[0][1] & select.POLLIN:
                os.close(self._listener)
                return
            call = self._received() if events else None
            if call is not None or not events:
                yield call

    def allow(self, call: Call) -> None:
        """Let the call go on."""
        self._answer(call, 0, _CONTINUE)

    def refuse(self, call: Call, error: int) -> None:
        """Have the call fail, with nothing done."""
        self._answer(call, -error, 0)

    def _answer(self, call: Call, error: int, flags: int) -> None:
        try:
            fcntl.ioctl(self._listener, _SEND, struct.pack("QqiI", call.id, 0, error, flags))
        except OSError as refused:
            if refused.errno != errno.ENOENT:  # a signal has ended the call, or the process
                raise

    def _received(self) -> Call | None:
        found = bytearray(80)
        try:
            fcntl.ioctl(self._listener, _RECEIVE, found)
        except OSError as error:
            if error.errno == errno.ENOENT:  # killed meanwhile
                return None
            raise
        id_, thread, _, number, _, _, *arguments = struct.unpack("QIIiIQ6Q", found)
        name = (WRITING | READING)[number]
        process, parent = _family(thread)
        return Call(id=id_, process=process, parent=parent, name=name, path=_path(thread, name, arguments))


def _family(thread: int) -> tuple[int, int]:
    try:
        lines = Path(f"/proc/{thread}/status").read_text().splitlines()
    except OSError:
        return 0, 0
    fields = dict(line.split(":", 1) for line in lines)
    return int(fields["Tgid"]), int(fields["PPid"])


def _path(thread: int, name: str, arguments: list[int]) -> str:
    try:
        if name in _ON_A_FILE:
            return str(Path(f"/proc/{thread}/fd/{arguments[0]}").readlink())
        folder, at = (arguments[0], 1) if name in _FROM_A_FOLDER else (_HERE, 0)
        if name in {"renameat", "renameat2", "linkat"}:
            folder, at = arguments[2], 3
        elif name in {"rename", "link", "symlink"}:
            at = 1
        elif name == "symlinkat":
            folder, at = arguments[1], 2
        text = _text(thread, arguments[at])
        start = "cwd" if ctypes.c_int32(folder).value == _HERE else f"fd/{folder}"
        return os.path.normpath(Path(f"/proc/{thread}/{start}").readlink() / text)
    except OSError:
        return ""


def _text(thread: int, address: int) -> str:
    if not address:
        return ""
    found = b""
    with Path(f"/proc/{thread}/mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        while b"\0" not in found:  # a page at a time: the next one may not be there
            found += memory.read(4096 - (address + len(found)) % 4096)
    return os.fsdecode(found.partition(b"\0")[0])
