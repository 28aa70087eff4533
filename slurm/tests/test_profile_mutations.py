"""Shipped profiles with something changed at random: each loads, or is refused in lines that can be printed."""

import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from slurm import script
from slurm.profiles import ProfileError, load, names

N = 1000
SEED = 10

VALUES = [
    "1e999", "nan", "-inf", str(10**30), f"0x{'f' * 5000}", "9" * 5000, "-1", "0", "true", "1.5", "[]", "{}", '""',
    "[[[[1]]]]", "{a = 1}", "2026-01-01", "07:00:00", "'a b'", '"a\\nb"', '"\\u0000"', '"\\u202e"', "'#SBATCH -x'",
    "['fi']", "'$(id)'", "'{user}'", "'{home}'", "'none'", "['palmetto']", "'generic'", "'/dev/zero'", "'''\n\n'''",
    "[" * 1000, "[" * 1000 + "]" * 1000, "{a = " * 1000 + "1" + "}" * 1000, "'" + "x" * 5000 + "'",
]  # fmt: skip
LINES = [
    "[sbatch]", "[gpu]", "[[retries]]", "extends = 'palmetto'", "name = 'a'", "origin = 'a'", "sources = {}",
    "a.b.c = 1", "sbatch.nice = 1", "sbatch = {uid = 0}", "gpu.form = 'gres'", "\x00", "'' = 1", "x" * 300 + " = 1",
    "a." * 150 + "a = 1",
]  # fmt: skip


def _value(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    at = chance.choice([k for k, line in enumerate(lines) if b"=" in line and not line.startswith(b"#")])
    lines[at] = lines[at].split(b"=")[0] + b"= " + chance.choice(VALUES).encode()
    return b"\n".join(lines)


def _line(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    lines.insert(chance.randrange(len(lines)), chance.choice(LINES).encode())
    return b"\n".join(lines)


def _moved(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    line = lines.pop(chance.randrange(len(lines)))
    for _ in range(chance.randrange(3)):  # dropped, moved or doubled
        lines.insert(chance.randrange(len(lines)), line)
    return b"\n".join(lines)


def _bytes(data: bytes, chance: random.Random) -> bytes:
    at, n = chance.randrange(len(data)), chance.choice([0, 1, 1, 1, 10])
    return data[:at] + chance.randbytes(chance.choice([0, 1, 1, 1, 10])) + data[at + n :]


def _bit(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _of_another_system(data: bytes, chance: random.Random) -> bytes:
    text = data.decode()
    made = [text.encode("utf-16"), ("\ufeff" + text).encode(), data.replace(b"\n", b"\r\n"), data.replace(b"\n", b"\r")]
    return chance.choice(made)


MUTATIONS: list[Callable[[bytes, random.Random], bytes]] = [
    _value, _value, _value, _line, _moved, _bytes, _bit, _cut, _of_another_system,
]  # fmt: skip


@pytest.mark.parametrize("name", ["devcluster", "generic", "palmetto"])
@pytest.mark.slow
def test_a_thousand_changed_profiles_load_or_are_refused_in_words(name: str, tmp_path: Path) -> None:
    whole, chance, ends = names()[name].read_bytes(), random.Random(SEED), Counter[str]()
    path = tmp_path / "mine.toml"
    for _ in range(N):
        data = chance.choice(MUTATIONS)(whole, chance)
        path.write_bytes(data)
        try:
            profile = load(str(path))
        except ProfileError as error:
            ends["refused"] += 1
            lines = str(error).splitlines()
            assert all(line.isprintable() and len(line) < 1000 for line in lines), data
            assert len(lines) == 1 or lines[0].endswith(" has mistakes:"), data
        else:
            ends["loaded"] += 1
            made = script.Array(profile=profile, name="a", n=2, offset=0, folder=Path("/out"), code=Path("/code"))
            flags = [line for line in script.text(made).splitlines() if "#SBATCH" in line]
            assert all(re.fullmatch(r"#SBATCH --[a-z-]+(=\S.*)?", flag) for flag in flags), data
    assert min(ends["refused"], ends["loaded"]) > N / 10, ends
