"""Every command with an output folder that is none, or that holds garbage."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.tests.commands import as_nobody, hw1

SWEEP = ("--smoke", "--study", "simulate")
COMMANDS = [
    ("list", *SWEEP),
    ("list", "--json", *SWEEP),
    ("plan", *SWEEP),
    ("plan", "--profile", "generic", *SWEEP),
    ("status", *SWEEP),
    ("status", "--json", *SWEEP),
    ("collect", *SWEEP),
    ("report", *SWEEP),
    ("logs", "3f2a"),
    ("cancel", "--all", "--yes"),
    ("cancel", "simulate", "--yes"),
    ("retry", *SWEEP),
    ("clean",),
    ("submit", "--profile", "generic", *SWEEP),
]
SMALL = ("lock", "store/schema.json", "logs/a.log", "heartbeats/a.json", "code/a/b", "bench.parquet", "store/lock",
         "submissions/20260101T000000-aaaaaa/ledger.json", "submissions/20260101T000000-bbbbbb/finished",
         "store/parts/runs/a-b.parquet", "store/parts/failures/a-b.parquet", "store/collected/runs.parquet",
         "checkpoints/a.pt", "checkpoints/a.runs", "local/a/b", "estimates.json", "packs/a.json")  # fmt: skip
GARBAGE = b'\x00\xff{["\xc3(' * 40


def garbage(out: Path) -> None:
    for name in SMALL:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(GARBAGE)


def loop(out: Path) -> None:
    out.with_name("other").symlink_to(out)
    out.symlink_to(out.with_name("other"))


def closed(out: Path) -> None:
    out.mkdir(mode=0o700)


KINDS: dict[str, Callable[[Path], object]] = {
    "missing": lambda _: None,
    "empty": lambda out: out.mkdir(),
    "a file": lambda out: out.write_text("mine"),
    "a dangling link": lambda out: out.symlink_to(out / "nowhere" / "at all"),
    "a link loop": loop,
    "another user's": closed,
    "read-only": lambda out: out.mkdir(),
    "garbage": garbage,
}


def state(folder: Path) -> list[tuple[str, int]]:
    return [(str(path), path.lstat().st_mode) for path in sorted(folder.rglob("*"))]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_whatever_the_output_folder_is_a_command_ends_in_words(
    command: tuple[str, ...], kind: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    KINDS[kind](out)
    before = state(tmp_path)
    if kind in {"another user's", "read-only"}:
        for path in (tmp_path, *list(tmp_path.parents)[:2]):
            path.chmod(0o755)
        hw1(*command, out=tmp_path / "other")  # imports what the other user may not
        before = state(tmp_path)
        with as_nobody():
            done = hw1(*command, out=out)
    else:
        done = hw1(*command, out=out)
    assert done.returncode in {0, 1, 2}
    if done.returncode == 2:
        assert done.stderr.startswith("hw1: ")
        assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stdout + done.stderr
    if command[0] in {"list", "plan", "status", "logs", "report"} and kind != "garbage":
        assert state(tmp_path) == before


@pytest.mark.parametrize("name", ["x" * 256, "a/" * 2100, "/dev/null", "/dev/null/x", "/proc/self/mem", "a:b"])
@pytest.mark.parametrize("command", [("list", *SWEEP), ("status", *SWEEP), ("collect", *SWEEP), ("clean",)])
def test_a_name_that_can_be_no_folder_is_one_line(
    command: tuple[str, ...], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = hw1(*command, out=Path(name))
    assert done.returncode in {0, 2}
    assert len(done.stderr.splitlines()) == (done.returncode == 2)


def into_a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("")


def into_a_loop(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.symlink_to(folder.name)


def into_a_link_to_nowhere(folder: Path) -> None:
    folder.rename(folder.with_name("away"))
    folder.symlink_to(folder.with_name("unmounted"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs that were trained here, by a user whose umask lets a group write."""
    out = tmp_path_factory.mktemp("trained") / "out"
    before = os.umask(0o002)
    try:
        assert hw1("submit", "--local", *SWEEP, out=out).returncode == 0
        assert hw1("collect", *SWEEP, out=out).returncode == 0
    finally:
        os.umask(before)
    return out


@pytest.mark.parametrize("turned", [into_a_file, into_a_loop, into_a_link_to_nowhere])
@pytest.mark.parametrize("name", ["store", "store/collected", "store/parts"])
@pytest.mark.parametrize("command", ["list", "table", "collect", "report", "submit --local"])
def test_a_store_whose_folder_is_something_else_is_not_taken_for_an_empty_one(
    command: str, name: str, turned: Callable[[Path], None], trained: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(trained, out)
    turned(out / name)
    before = state(out)
    done = hw1(*command.split(), *SWEEP, out=out)
    assert done.returncode == 2, done.stdout
    assert len(done.stderr.splitlines()) == 1
    assert name.rpartition("/")[2] in done.stderr
    assert [each for each in state(out) if "/store" in each[0]] == [each for each in before if "/store" in each[0]]


def test_nobody_may_write_below_an_output_folder_who_may_not_write_it(trained: Path) -> None:
    folders = [trained, *(path for path in trained.rglob("*") if path.is_dir())]
    assert {"store", "runs", "collected", "logs", "heartbeats", "leases"} <= {folder.name for folder in folders}
    assert not [folder for folder in folders if folder.stat().st_mode & 0o022]


@pytest.mark.parametrize("name", ["store", "store/parts/runs/a.csv", "checkpoints/x", "lock", "local/x"])
@pytest.mark.parametrize("command", ["report --to", "export csv", "export mlflow"])
@pytest.mark.parametrize("by_a_link", [False, True])
def test_what_is_made_for_the_user_is_not_written_among_what_the_runner_keeps(
    command: str, name: str, trained: Path, tmp_path: Path, *, by_a_link: bool
) -> None:
    (tmp_path / "link").symlink_to(trained)
    before = state(trained)
    place = (tmp_path / "link" if by_a_link else trained) / name
    done = hw1(*command.split(), str(place), *SWEEP, out=trained)
    assert done.returncode == 2
    assert "where the runner keeps its own" in done.stderr
    assert state(trained) == before
