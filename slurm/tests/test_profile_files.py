"""A profile's file, and the folder of a user's own: whatever is in their place, one line says so."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slurm.profiles import ProfileError, load, names, places, where

GOOD = 'partition = "work"\ntime_limit_min = 60\ngpu.form = "none"\n'

DEEP = "must have at most 8 tables and lists in one another"
TOML = "must be TOML, got: "


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _folder(path: Path) -> None:
    path.mkdir()


def _text(text: str | bytes) -> Callable[[Path], None]:
    return lambda path: _write(path, text.encode() if isinstance(text, str) else text)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


IN_ITS_PLACE: dict[str, tuple[Callable[[Path], None], str]] = {
    "nothing": (lambda _: None, "must be a file to read, got: No such file or directory"),
    "a FIFO": (_fifo, "must be a file to read, got: it is not a plain file"),
    "a device": (_device, "must be a file to read, got: it is not a plain file"),
    "a folder": (_folder, "must be a file to read, got: it is not a plain file"),
    "a link to itself": (_loop, "must be a file to read, got: Too many levels of symbolic links"),
    "a huge file": (_text("# " * 200_000), "must be a file to read, got: it has more than 65536 bytes"),
    "not UTF-8": (_text(b"a = 1\nb = '\xff'\n"), "must be UTF-8, got other bytes (at line 2)"),
    "UTF-16": (_text(GOOD.encode("utf-16")), "must be UTF-8, got other bytes (at line 1)"),
    "a NUL": (_text("partition = 'a\0'\n"), TOML),
    "an empty file after a power cut": (_text("\0" * 100), TOML),
    "a field twice": (_text(GOOD + "cpus = 1\ncpus = 1\n"), TOML),
    "a number of thousands of digits": (
        _text(f"cpus = {'9' * 5000}"),
        "must have no number of thousands of digits",
    ),
    "a thousand lists": (_text(f"setup = {'[' * 1000}{']' * 1000}"), DEEP),
    "a thousand tables": (_text(f"gpu = {'{a = ' * 1000}1{'}' * 1000}"), DEEP),
    "a dozen dotted tables": (_text(f"{'a.' * 12}a = 1"), DEEP),
    "a name of thousands of parts": (_text(f"{'a.' * 20_000}a = 1"), "must have at most 200 dots in a line"),
}


@pytest.mark.parametrize("what", IN_ITS_PLACE)
def test_what_is_no_profile_is_refused_at_once_and_in_one_line(what: str, tmp_path: Path) -> None:
    make, message = IN_ITS_PLACE[what]
    path = tmp_path / "mine.toml"
    make(path)
    with pytest.raises(ProfileError) as refused:
        load(str(path))
    said = str(refused.value)
    assert said.isprintable()
    whole = f"profile {path} {message}"
    assert said.startswith(whole) if message == TOML else said == whole


@pytest.mark.parametrize("text", [GOOD, "\ufeff" + GOOD, GOOD.replace("\n", "\r\n")])
def test_what_editors_of_other_systems_write_is_read(text: str, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.toml").write_bytes(text.encode())
    (tmp_path / "mine.toml").symlink_to("elsewhere.toml")
    assert load(str(tmp_path / "mine.toml")).partition == "work"


def test_a_path_that_a_terminal_would_obey_is_spelled_out(tmp_path: Path) -> None:
    with pytest.raises(ProfileError) as refused:
        load(f"{tmp_path}/a\nb\x1b[2J.toml")
    assert str(refused.value).isprintable()
    assert r"a b\x1b[2J.toml must be a file to read" in str(refused.value)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a user's own profiles, not made yet."""
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / ".config" / "hw1" / "profiles"
    assert where() == folder
    folder.parent.mkdir(parents=True)
    return folder


def test_names_that_begin_with_a_dot_or_cannot_be_printed_are_nobodys(own: Path) -> None:
    own.mkdir()
    for name in ("mine.toml", "._mine.toml", ".#mine.toml", ".toml", "a\nb.toml", "mine.toml~", "notes.txt"):
        (own / name).write_text(GOOD, encoding="utf-8")
    assert list(names()) == ["devcluster", "generic", "mine", "palmetto"]


@pytest.mark.parametrize(
    ("make", "why"),
    [(_text("a"), "Not a directory"), (_loop, "Too many levels of symbolic links")],
)
def test_a_folder_that_cannot_be_read_might_hide_a_profile_and_is_told(
    make: Callable[[Path], None], why: str, own: Path
) -> None:
    make(own)
    with pytest.raises(ProfileError) as refused:
        load("palmetto")
    message = f"profile folder {own} must be a folder to read, got: {why}: mend it, set $HOME, or give a file"
    assert str(refused.value) == message


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that every user may enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def as_nobody(code: str, environment: dict[str, str]) -> str:
    """What a Python prints that has become a user without a name."""
    start = "import os; from slurm.profiles import *; os.setgroups([]); os.setgid(54321); os.setuid(54321); "
    fails = f"try:\n    print({code})\nexcept ProfileError as error:\n    print(error)\n"
    command = [sys.executable, "-c", start.replace("; ", "\n") + fails]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.rstrip()


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user without a name")


@needs_root
def test_a_user_without_a_name_or_a_home_folder_has_profiles_all_the_same(shared: Path) -> None:
    (shared / "mine.toml").write_text(GOOD)
    assert as_nobody(f"load('{shared}/mine.toml').partition", {}) == "work"
    assert as_nobody("where()", {}) == "None"
    folder = "your own would be files ~/.config/hw1/profiles/NAME.toml"
    assert as_nobody("places()", {}) == f"{folder}, but you have no home folder: set $HOME, or give a file"


@needs_root
def test_a_placeholder_for_a_name_that_the_machine_does_not_know_says_what_to_set(shared: Path) -> None:
    path = shared / "mine.toml"
    path.write_text(GOOD + 'account = "{user}"\nscratch_root = "{home}/out"\n')
    mistakes = (
        f"profile {path} has mistakes:\n"
        '  account: has {user}, but uid 54321 has no name on this machine: set $USER, got "{user}"\n'
        '  scratch_root: has {home}, but uid 54321 has no home folder: set $HOME, got "{home}/out"'
    )
    assert as_nobody(f"load('{path}')", {}) == mistakes
    filled = as_nobody(f"[load('{path}').account, load('{path}').scratch_root]", {"USER": "me", "HOME": "/home/me"})
    assert filled == "['me', '/home/me/out']"


@needs_root
def test_a_folder_that_may_not_be_entered_is_told(shared: Path) -> None:
    folder = shared / ".config" / "hw1" / "profiles"
    folder.mkdir(parents=True)
    (shared / ".config").chmod(0o700)
    said = as_nobody("load('generic')", {"HOME": str(shared)})
    reason = "must be a folder to read, got: Permission denied: mend it, set $HOME, or give a file"
    assert said == f"profile folder {folder} {reason}"


def test_where_ones_own_belong_is_said(own: Path) -> None:
    assert places() == f"your own are files {own}/NAME.toml"
