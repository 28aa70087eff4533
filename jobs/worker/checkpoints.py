"""Checkpoints: the state of a pack that has begun, written whole or not at all, and read whole or not at all."""

import hashlib
import io
import os
import pickle
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from results.access import make_folder
from results.disk import plain_file, write_whole
from results.errors import UnreadableError
from results.workspace import Workspace

SUFFIX = ".pt"
SPLIT = ".split"
_ZIP = b"PK"
"""Begins what `torch.save` writes."""
MAGIC = "hw1-checkpoint-2"
"""Begins every checkpoint. Files without it were written by an older version and count as none."""

_HEADER_BYTES = 1 << 24
"""A header has at most this many: the ids of a million runs."""


class _Header(NamedTuple):
    """A checkpoint's first line: words between single blanks."""

    sha256: str
    """Of the rest of the line and of everything after it."""
    n_bytes: int
    """Of everything after the line."""
    pack_id: str
    run_ids: tuple[str, ...]


class Checkpoints:
    """One file a pack under `<out>/checkpoints/`: a header that can be read without torch, and the state.

    A state with tensors is written as `torch.save` does, any other one as pickle does. The header's checksum covers
    every byte, so a damaged file is never taken for a checkpoint.
    """

    def __init__(self, out: Path) -> None:
        """Nothing is made until something is saved."""
        self.folder = Workspace(out).checkpoints

    def begun(self) -> list[tuple[str, ...]]:
        """Run ids of every pack that has a checkpoint, by its header alone; files that are none are left out."""
        found = []
        for path in self._files():
            with suppress(OSError, ValueError), plain_file(path) as file:
                found.append(_header(file.readline(_HEADER_BYTES), os.fstat(file.fileno()).st_size).run_ids)
        return found

    def save(self, pack_id: str, run_ids: tuple[str, ...], state: dict[str, Any]) -> None:
        """Replace the pack's checkpoint.

        Raises:
            OSError: If the disk refuses; the older checkpoint is kept.
        """
        make_folder(self.folder, below=self.folder.parent)
        body = _packed(state)
        write_whole(self._path(pack_id), _sealed(pack_id, run_ids, body), private=True)

    def load(
        self, pack_id: str, run_ids: tuple[str, ...], say: Callable[[str], None] = lambda _: None
    ) -> dict[str, Any] | None:
        """The pack's checkpoint, or None where there is no whole one of the same runs in the same order.

        A file that is no such checkpoint is said, with the reason.
        """
        path = self._path(pack_id)
        try:
            state = _unpacked(_body(_own(path), pack_id, run_ids))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
            reason = error.reason if isinstance(error, UnreadableError) else str(error)
            say(f"checkpoint {path} is not whole ({reason}): starting the pack from the beginning")
            return None
        return state if isinstance(state, dict) else None

    def remove(self, pack_id: str) -> None:
        """Forget a pack that is done, as far as the disk lets us: what is left of it does no harm."""
        for suffix in (SUFFIX, SPLIT):
            with suppress(OSError):
                (self.folder / f"{pack_id}{suffix}").unlink()

    def split(self, pack_id: str) -> None:
        """Note that a pack is too much for a worker: from now on its halves are trained instead.

        Raises:
            OSError: If the disk refuses.
        """
        self.remove(pack_id)
        make_folder(self.folder, below=self.folder.parent)
        (self.folder / f"{pack_id}{SPLIT}").touch()

    def is_split(self, pack_id: str) -> bool:
        """True if the pack's halves are trained instead of it; a disk that refuses to tell stops no training."""
        try:
            (self.folder / f"{pack_id}{SPLIT}").lstat()
        except OSError:
            return False
        return True

    def _files(self) -> list[Path]:
        try:
            paths = sorted(self.folder.iterdir())
        except OSError:
            return []
        return [path for path in paths if path.suffix == SUFFIX and not path.name.startswith(".")]

    def _path(self, pack_id: str) -> Path:
        return self.folder / f"{pack_id}{SUFFIX}"


class _Plain(pickle.Unpickler):
    """Reads Python's own values, and nothing that would call a function."""

    def find_class(self, module: str, name: str) -> NoReturn:
        """Refuse.

        Raises:
            UnpicklingError: Always.
        """
        raise pickle.UnpicklingError(f"it holds {module}.{name}")


def _packed(state: dict[str, Any]) -> bytes:
    """The state as bytes; without torch where it holds Python's own values only."""
    if _is_plain(state):
        return pickle.dumps(state, protocol=5)
    import torch  # noqa: PLC0415 - heavy

    stream = io.BytesIO()
    torch.save(state, stream)
    return stream.getvalue()


def _unpacked(body: bytes) -> object:
    """The state that was packed.

    Raises:
        Exception: If the bytes are none that `_packed` makes.
    """
    if not body.startswith(_ZIP):
        return _Plain(io.BytesIO(body)).load()
    import torch  # noqa: PLC0415 - heavy

    return torch.load(io.BytesIO(body), weights_only=True)


def _own(path: Path) -> bytes:
    """The bytes of a file that nobody else could have written: a function's state is unpickled, which may run code.

    Raises:
        ValueError: If it is another user's, or others may write it.
        OSError: If it cannot be read.
    """
    with plain_file(path) as file:
        found = os.fstat(file.fileno())
        if found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise ValueError("others may have written it")
        return file.read()


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(type(key) is str and _is_plain(each) for key, each in value.items())
    if type(value) in {list, tuple}:
        return all(map(_is_plain, value))  # type: ignore[call-overload]
    return type(value) in {str, bytes, int, float, bool, type(None)}


def _sealed(pack_id: str, run_ids: tuple[str, ...], body: bytes) -> bytes:
    """A checkpoint's bytes."""
    rest = b"%d %s\n" % (len(body), " ".join((pack_id, *run_ids)).encode()) + body
    return f"{MAGIC} {hashlib.sha256(rest).hexdigest()} ".encode() + rest


def _header(line: bytes, size: int) -> _Header:
    """A file's header, by its first line and its size.

    Raises:
        ValueError: If it is none.
    """
    magic, *words = line.decode("ascii", errors="replace").removesuffix("\n").split(" ")
    if magic != MAGIC or not line.endswith(b"\n") or len(words) < 4:  # noqa: PLR2004 - sum, size, pack, one run
        raise ValueError("it does not begin as this version's checkpoints do")
    sha256, n_bytes, pack_id, *run_ids = words
    if str(size - len(line)) != n_bytes:
        raise ValueError("it has not as many bytes as were written")
    return _Header(sha256, int(n_bytes), pack_id, tuple(run_ids))


def _body(content: bytes, pack_id: str, run_ids: tuple[str, ...]) -> bytes:
    """The bytes that `torch.save` wrote.

    Raises:
        ValueError: If the file is not as it was written, or is of other runs.
    """
    line = content[: content.find(b"\n") + 1]
    header = _header(line, len(content))
    if hashlib.sha256(content[len(f"{MAGIC} {header.sha256} ") :]).hexdigest() != header.sha256:
        raise ValueError("its bytes are not the ones that were written")
    if (header.pack_id, header.run_ids) != (pack_id, run_ids):
        raise ValueError("it is of other runs")
    return content[len(line) :]
