"""Leases: a pack belongs to one worker at a time, and a worker that lost its pack can neither renew nor commit."""

import json
import os
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from jobs.worker.holder import Holder, me
from jobs.worker.records import parsed
from results.access import make_folder
from results.disk import read_text
from results.workspace import Workspace

STALE_S = 120.0
"""A lease that was not touched for this long is of a worker that is gone, stands still or cannot reach the folder."""

TOUCHES = 24
"""A worker touches its lease this often in that time."""

_NUMBER = re.compile(r"[1-9][0-9]*")


class LostLeaseError(RuntimeError):
    """Another worker has taken the pack over."""


class Lease:
    """A pack that belongs to this process, until the end of `kept` or until another worker takes it over."""

    def __init__(self, chain: "_Chain", number: int, holder: Holder) -> None:
        """Made by `Leases.claim`."""
        self.holder = holder
        self._chain, self._number, self._token = chain, number, secrets.token_hex(8)

    @property
    def is_lost(self) -> bool:
        """True once another worker has the pack; false while the disk does not say."""
        try:
            return not self._chain.exists(self._number) or self._chain.exists(self._number + 1)
        except OSError:
            return False

    def advance(self) -> None:
        """Go on under the next number; nobody else can have the pack until this worker is taken for dead again.

        Raises:
            LostLeaseError: If another worker has the pack.
            OSError: If the disk refuses.
        """
        made = self._made(self._number + 1) or self._is_mine_in(self._number + 1)
        if not made or not self._is_mine(self._number):
            raise LostLeaseError("another worker has taken this pack over")
        self._number += 1

    @contextmanager
    def kept(self, *others: Path) -> Iterator[None]:
        """Touch the lease, and other files, until the block ends; then the pack belongs to nobody."""
        ended = threading.Event()

        def touch() -> None:
            while not ended.wait(self._chain.stale_s / TOUCHES):
                for path in (self._chain.path(self._number), *others):
                    with suppress(OSError):
                        os.utime(path, follow_symlinks=False)

        thread = threading.Thread(target=touch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            with suppress(OSError):
                if not self.is_lost:
                    self._chain.remove(below=self._number + 1)

    def _made(self, number: int) -> bool:
        return self._chain.make(number, json.dumps({**asdict(self.holder), "token": self._token}))

    def _is_mine_in(self, number: int) -> bool:
        """True if the file of this number is there, and this lease has made it."""
        return self._token in self._chain.text(number)

    def _is_mine(self, number: int) -> bool:
        """True if the file is the one that this lease has made; if not, its next number is void."""
        if self._is_mine_in(number):
            return True
        self._chain.unlink(number + 1)
        return False


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """The lease, if the pack was free or its worker dead; and who had the pack before, or has it still."""

    lease: Lease | None
    before: Holder | None = None
    is_takeover: bool = False


class Leases:
    """The leases of one output folder: files `<pack>.<number>`, of which the highest number has the pack.

    A number is made exclusively, so by one worker alone, and needs nothing else of the file system. To take over a
    pack whose worker is dead, to renew a lease, and to commit are all the same: making the number after the highest.
    A worker that was only taken for dead therefore finds the next number made, and cannot commit. Numbers are removed
    in ascending order, so one that was made after a removed one is void: who makes a number looks whether the one
    before it is still the same.
    """

    def __init__(self, out: Path, *, stale_s: float = STALE_S) -> None:
        """Nothing is made until something is claimed."""
        self.folder, self.stale_s = Workspace(out).leases, stale_s

    def claim(self, pack_id: str, heir: Callable[[Holder | None], Holder] = lambda _: me()) -> Claim:
        """Take the pack if it is free, or if the worker that has it is dead.

        Args:
            pack_id: The pack.
            heir: What to note as the pack's holder, given the dead one.

        Raises:
            OSError: If the disk refuses.
        """
        make_folder(self.folder, below=self.folder.parent)
        chain = _Chain(self.folder, pack_id, self.stale_s)
        numbers = chain.numbers()
        last = numbers[-1] if numbers else 0
        seen = chain.text(last) if numbers else ""
        if numbers and chain.lives(last, _holder(seen)):
            return Claim(lease=None, before=_holder(seen))
        holders = (_holder(chain.text(number)) for number in reversed(numbers))
        before = next((holder for holder in holders if holder is not None), None)
        lease = Lease(chain, last + 1, heir(before))
        if not lease._made(last + 1):  # noqa: SLF001 - of this module
            return Claim(lease=None, before=_holder(chain.text(last + 1)))
        is_void = numbers and (not chain.exists(last) or chain.text(last) != seen)
        if is_void or chain.numbers()[-1:] != [last + 1] or not lease._is_mine_in(last + 1):  # noqa: SLF001
            if lease._is_mine_in(last + 1):  # noqa: SLF001 - it may be gone by now, and the number another's
                chain.unlink(last + 1)
            return Claim(lease=None)
        chain.remove(below=last)
        return Claim(lease=lease, before=before, is_takeover=bool(numbers))

    def is_free(self, pack_id: str) -> bool:
        """True if no living worker has the pack, as far as can be told from here.

        Raises:
            OSError: If the disk refuses.
        """
        chain = _Chain(self.folder, pack_id, self.stale_s)
        numbers = chain.numbers()
        return not numbers or not chain.lives(numbers[-1], _holder(chain.text(numbers[-1])))


@dataclass(frozen=True, slots=True)
class _Chain:
    """The numbered files of one pack."""

    folder: Path
    pack_id: str
    stale_s: float

    def path(self, number: int) -> Path:
        return self.folder / f"{self.pack_id}.{number}"

    def numbers(self) -> list[int]:
        """Numbers that are made, ascending."""
        try:
            names = [path.name.rpartition(".") for path in self.folder.iterdir()]
        except FileNotFoundError:
            return []
        return sorted(int(last) for first, _, last in names if first == self.pack_id and _NUMBER.fullmatch(last))

    def make(self, number: int, text: str) -> bool:
        """Make a number, unless it is made already; nothing is left where the disk refuses."""
        path = self.path(number)
        try:
            file = path.open("x", encoding="utf-8")
        except FileExistsError:
            return False
        try:
            with file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            self.unlink(number)
            raise
        return True

    def text(self, number: int) -> str:
        """The text of a file; nothing where it is gone, is not written yet, or cannot be read."""
        try:
            return read_text(self.path(number), limit=1 << 16)
        except OSError:
            return ""

    def exists(self, number: int) -> bool:
        """True if the number is made, whatever has its name."""
        try:
            self.path(number).lstat()
        except FileNotFoundError:
            return False
        return True

    def lives(self, number: int, holder: Holder | None) -> bool:
        """True if another process holds this number and has shown that it lives."""
        if holder is not None and (holder.is_me or holder.has_ended):
            return False
        try:
            touched = self.path(number).lstat().st_mtime
        except FileNotFoundError:  # it has just ended
            return False
        return self._now() - touched < self.stale_s

    def remove(self, *, below: int) -> None:
        """Remove numbers, the lowest first."""
        for number in self.numbers():
            if number < below:
                self.unlink(number)

    def unlink(self, number: int) -> None:
        with suppress(OSError):
            self.path(number).unlink()

    def _now(self) -> float:
        """The file server's time, by which it says when files were touched."""
        probe = self.folder / f".now.{secrets.token_hex(4)}"
        try:
            with probe.open("x") as file:
                return os.fstat(file.fileno()).st_mtime
        finally:
            with suppress(OSError):
                probe.unlink()


def _holder(text: str) -> Holder | None:
    """The holder that made a number; None where that cannot be read."""
    return parsed(Holder, text) if text else None
