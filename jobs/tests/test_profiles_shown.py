"""`hw1 profiles` shows what is in a profile, whatever it holds, and mistakes in one message."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from jobs.tests.commands import APP

GOOD = 'partition = "work"\ntime_limit_min = 60\ngpu.form = "none"\n'


def shown(*arguments: str) -> str:
    done = CliRunner().invoke(APP, ["profiles", *arguments])
    assert done.exit_code == 0, done.exception
    return done.stdout


def test_brackets_are_text(tmp_path: Path) -> None:
    path = tmp_path / "[bold]mine.toml"
    path.write_text(GOOD + 'constraint = "[rack1|rack2]"\nexclude = "node[1-4]"\nsbatch = {comment = "[/tmp] [red]"}\n')
    lines = [" ".join(line.split()) for line in shown(str(path)).splitlines()]
    assert lines[0] == f"[bold]mine, from {path}"
    assert "constraint [rack1|rack2] features that a node must have; empty: any node" in lines
    assert "exclude node[1-4] nodes that a task does not get, such as node[1-4]; empty: none" in lines
    assert "sbatch comment=[/tmp] [red] any other options of sbatch, by their long names" in lines


def test_the_list_has_every_profile_also_those_with_mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    own = tmp_path / ".config" / "hw1" / "profiles"
    own.mkdir(parents=True)
    (own / "mine.toml").write_text(GOOD + 'description = "[red] mine"\n')
    (own / "broken.toml").mkdir()
    (own / "._mine.toml").write_text("\0")
    lines = [" ".join(line.split()) for line in shown().splitlines()]
    assert "mine [red] mine your own" in lines
    assert "broken has mistakes: see hw1 profiles broken your own" in lines
    assert [line.split()[0] for line in lines[1:-2]] == ["broken", "devcluster", "generic", "mine", "palmetto"]
    assert lines[-2:] == [f"your own are files {own}/NAME.toml", "`hw1 profiles NAME` shows one"]


def test_what_the_environment_says_is_shown_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SBATCH_ACCOUNT", "lab")
    lines = [" ".join(line.split()) for line in shown("palmetto").splitlines()]
    assert "account lab account that is charged; empty: the user's default; from $SBATCH_ACCOUNT" in lines
