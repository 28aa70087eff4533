"""Ways in which a file of an output folder comes to harm."""

import os
import shutil
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

Damage = Callable[[Path, Random], None]
"""Does its harm to a file in place."""

_APPLE_DOUBLE = bytes.fromhex("00051607000200004d6163204f53205820202020")


def _flip_a_bit(path: Path, rng: Random) -> None:
    _changed(path, lambda found: found.__setitem__(at := rng.randrange(len(found)), found[at] ^ 1 << rng.randrange(8)))


def _flip_a_byte(path: Path, rng: Random) -> None:
    _changed(path, lambda found: found.__setitem__(at := rng.randrange(len(found)), found[at] ^ rng.randrange(1, 256)))


def _zero_a_block(path: Path, rng: Random) -> None:
    def zero(found: bytearray) -> None:
        at = rng.randrange(len(found))
        n = min(rng.choice((1, 16, 512, 4096)), len(found) - at)
        found[at : at + n] = bytes(n)

    _changed(path, zero)


def _insert_no_utf8(path: Path, rng: Random) -> None:
    def insert(found: bytearray) -> None:
        at = rng.randrange(len(found) + 1)
        found[at:at] = rng.choice((b"\xff\xfe", b"\xc3", b"\x80abc", b"\xed\xa0\x80"))

    _changed(path, insert)


def _begin_with_a_bom(path: Path, rng: Random) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


def _truncate(path: Path, rng: Random) -> None:
    os.truncate(path, rng.randrange(max(1, path.stat().st_size)))


def _empty(path: Path, rng: Random) -> None:
    os.truncate(path, 0)


def _append(path: Path, rng: Random) -> None:
    tail = rng.choice((b"\n", b"\0", b"garbage", rng.randbytes(100), path.read_bytes()))
    path.write_bytes(path.read_bytes() + tail)


def _nested(path: Path, rng: Random) -> None:
    path.write_bytes(rng.choice((b"[", b'{"a":', b"a = [", b"{a=")) * 20_000)


def _other_json(path: Path, rng: Random) -> None:
    texts = ("null", "[]", "{}", "0", '""', "[[]]", '{"a": 1}', "1e999", "true", "NaN", "9" * 5000)
    path.write_text(rng.choice(texts))


def _remove(path: Path, rng: Random) -> None:
    _gone(path)


def _be_a_folder(path: Path, rng: Random) -> None:
    _gone(path)
    path.mkdir()
    if rng.random() < 0.5:
        (path / "file").write_text("x")


def _be_a_file(path: Path, rng: Random) -> None:
    _gone(path)
    path.write_text("x")


def _be_a_fifo(path: Path, rng: Random) -> None:
    _gone(path)
    os.mkfifo(path)


def _link_to_nothing(path: Path, rng: Random) -> None:
    _gone(path)
    path.symlink_to("nowhere")


def _link_to_itself(path: Path, rng: Random) -> None:
    _gone(path)
    path.symlink_to(path.name)


def _link_elsewhere(path: Path, rng: Random) -> None:
    """The file itself lies elsewhere, and a link leads there."""
    moved = path.with_name(f"{path.name}.moved")
    path.rename(moved)
    path.symlink_to(moved.name)


def _link_to_another(path: Path, rng: Random) -> None:
    others = [other for other in sorted(path.parent.iterdir()) if other != path]
    _gone(path)
    path.symlink_to(rng.choice(others).name if others else "/etc/passwd")


def _add_a_macs_twin(path: Path, rng: Random) -> None:
    path.with_name(f"._{path.name}").write_bytes(_APPLE_DOUBLE + rng.randbytes(60))


def _forbid(path: Path, rng: Random) -> None:
    path.chmod(0)


def _forbid_writing(path: Path, rng: Random) -> None:
    path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222)


def _forbid_the_folder(path: Path, rng: Random) -> None:
    path.parent.chmod(rng.choice((0, 0o100, 0o500, 0o400)))


ON_FILES: dict[str, Damage] = {
    "flip a bit": _flip_a_bit,
    "flip a byte": _flip_a_byte,
    "zero a block": _zero_a_block,
    "not UTF-8": _insert_no_utf8,
    "BOM": _begin_with_a_bom,
    "truncate": _truncate,
    "empty": _empty,
    "append": _append,
    "nested": _nested,
    "other JSON": _other_json,
    "remove": _remove,
    "a folder": _be_a_folder,
    "a FIFO": _be_a_fifo,
    "link to nothing": _link_to_nothing,
    "link to itself": _link_to_itself,
    "link elsewhere": _link_elsewhere,
    "link to another": _link_to_another,
    "a Mac's twin": _add_a_macs_twin,
}
ON_FOLDERS: dict[str, Damage] = {
    "remove": _remove,
    "a file": _be_a_file,
    "a FIFO": _be_a_fifo,
    "link to nothing": _link_to_nothing,
    "link to itself": _link_to_itself,
    "link elsewhere": _link_elsewhere,
    "a Mac's twin": _add_a_macs_twin,
}
NEED_BYTES = {"flip a bit", "flip a byte", "zero a block", "truncate"}
PERMISSIONS: dict[str, Damage] = {
    "forbid": _forbid,
    "forbid writing": _forbid_writing,
    "forbid the folder": _forbid_the_folder,
}
"""Harm nobody who is root."""


def older(path: Path, before: Path) -> None:
    """The same file as it was earlier."""
    shutil.copy2(before, path)


def swapped(path: Path, other: Path) -> None:
    """Two files change their names."""
    aside = path.with_name(".aside")
    path.rename(aside)
    other.rename(path)
    aside.rename(other)


def applicable(path: Path, *, root: bool) -> Sequence[str]:
    """The kinds of damage that a file or folder can suffer."""
    kinds = ON_FOLDERS if path.is_dir() else ON_FILES
    fits = [kind for kind in kinds if path.is_dir() or path.stat().st_size or kind not in NEED_BYTES]
    return fits if root else [*fits, *PERMISSIONS]


def do(kind: str, path: Path, rng: Random) -> None:
    """Harm a file or a folder."""
    (PERMISSIONS | (ON_FOLDERS if path.is_dir() else ON_FILES))[kind](path, rng)


def _changed(path: Path, change: Callable[[bytearray], object]) -> None:
    found = bytearray(path.read_bytes())
    change(found)
    path.write_bytes(found)


def _gone(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()
