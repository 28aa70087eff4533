"""Profiles: where they are found, what they hold, and what they are for."""

import getpass
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from results.energy import DEFAULT
from slurm.profiles import Profile, ProfileError, described, load, names, where

GOOD: dict[str, Any] = {
    "description": "Somewhere",
    "partition": "work",
    "account": "lab",
    "qos": "normal",
    "constraint": "fast",
    "cpus": 2,
    "memory_gb": 1.5,
    "time_limit_min": 10,
    "throttle": 3,
    "submit_cap": 0,
    "setup": ["true"],
    "python": "/usr/bin/python3",
    "scratch_root": "/scratch/{user}",
    "requeue": True,
    "signal_s": 30,
    "poll_s": 5,
    "unknown": ["qos"],
    "gpu": {"form": "gres", "type": "a100", "count": 1},
    "retries": {"killed": 1, "memory": 0, "time_limit": 2, "preempted": 3, "error": 0},
}


def toml(fields: dict[str, Any]) -> str:
    """The fields as TOML, whatever characters they have."""
    lines = [f"{json.dumps(name)} = {_value(value)}" for name, value in fields.items() if not isinstance(value, dict)]
    for table, values in fields.items():
        if isinstance(values, dict):
            lines += [f"[{table}]", *(f"{name} = {_value(value)}" for name, value in values.items())]
    return "\n".join(lines)


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f").replace("Infinity", "inf")


def changed(change: dict[str, Any]) -> str:
    """The good profile with other values; a dotted name is in a table, and None leaves a field out."""
    fields = json.loads(json.dumps(GOOD))
    for name, value in change.items():
        *table, key = name.split(".")
        place = fields[table[0]] if table else fields
        if value is None:
            del place[key]
        else:
            place[key] = value
    return toml(fields)


def test_a_profile_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"none\.toml must be a file to read, got: No such file or directory$"):
        load(str(tmp_path / "none.toml"))
    with pytest.raises(ProfileError, match=r"must be a file to read, got: it is not a plain file$"):
        load(f"{tmp_path}/")
    (tmp_path / "latin.toml").write_bytes(b"# a\ndescription = '\xe9'\n")
    with pytest.raises(ProfileError, match=r"latin\.toml must be UTF-8, got other bytes \(at line 2\)$"):
        load(str(tmp_path / "latin.toml"))


def test_an_unknown_name_lists_the_profiles_and_where_ones_own_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ProfileError) as refused:
        load("palmeto")
    assert str(refused.value) == (
        'profile must be a file or one of devcluster, generic, palmetto, got "palmeto" (`palmetto`?); '
        f"your own are files {tmp_path}/.config/hw1/profiles/NAME.toml"
    )


@pytest.mark.parametrize("name", ["devcluster", "generic", "palmetto"])
def test_a_shipped_profile_loads_and_explains_every_value(name: str) -> None:
    path = names()[name]
    profile = load(name)
    assert (profile.name, profile.origin) == (name, path)
    for line in path.read_text().splitlines():
        bare = "=" not in line or line.startswith(("#", "description", "unknown"))
        assert bare or " # " in line, f"nothing beside {line}"
    rows = described(profile)
    given_fields = tomllib.loads(path.read_text())
    assert {"partition", "gpu.form", "retries.killed"} <= {field for field, _, _ in rows}
    assert all(meaning for _, _, meaning in rows)
    assert {field for field, _, meaning in rows if meaning.endswith("not known here: ask your site")} == set(
        given_fields.get("unknown", [])
    )


def test_the_generic_profile_asks_for_nothing_a_site_may_lack() -> None:
    profile = load("generic")
    asked = (profile.partition, profile.account, profile.qos, profile.constraint, profile.gpu.form, profile.setup)
    assert asked == ("", "", "", "", "none", ())
    assert (profile.cpus, profile.memory_gb, profile.time_limit_min) == (1, 4.0, 60)
    assert profile.energy.factors == DEFAULT


def test_three_lines_are_a_profile(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('partition = "work"\ntime_limit_min = 60\ngpu.form = "none"\n')
    mine, generic = load(str(path)), load("generic")
    theirs = generic.model_dump(exclude={"name", "origin", "description", "partition", "memory_gb"})
    assert mine.model_dump(include=set(theirs)) == theirs
    assert (mine.description, mine.partition, mine.memory_gb) == ("", "work", 0.0)
    path.write_text('partition = "work"\ntime_limit_min = 60\ngpu.form = "gres"\n')
    assert load(str(path)).gpu.count == 1


def test_ones_own_profile_hides_the_shipped_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    own = tmp_path / ".config" / "hw1" / "profiles" / "palmetto.toml"
    assert where() == own.parent
    own.parent.mkdir(parents=True)
    own.write_text(changed({"description": "mine"}))
    assert names()["palmetto"] == own
    assert (load("palmetto").description, load("palmetto").origin) == ("mine", own)
    assert load("generic").description != "mine"


def based(folder: Path, scratch_root: str) -> Profile:
    path = folder / "mine.toml"
    path.write_text(f'extends = "generic"\nscratch_root = "{scratch_root}"\n')
    return load(str(path))


def test_an_output_folder_must_be_below_the_scratch_root(tmp_path: Path) -> None:
    root = tmp_path / "real" / getpass.getuser()
    root.mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    profile = based(tmp_path, f"{tmp_path}/link/{{user}}")
    profile.check_output(root / "study" / "out")
    profile.check_output(tmp_path / "link" / getpass.getuser() / "out")
    for out in (tmp_path / "out", root, root / ".." / "out"):
        with pytest.raises(ProfileError) as refused:
            profile.check_output(out)
        place = tmp_path / "link" / getpass.getuser()
        assert str(refused.value) == (
            f"`--out` must be below {place} with profile mine, got {out}: use `--out {place / out.resolve().name}`"
        )
    load("generic").check_output(Path("/anywhere"))
    with pytest.raises(ProfileError, match=rf"must be below {Path.home()}/runs"):
        based(tmp_path, "{home}/runs").check_output(Path("/anywhere"))


def test_importing_profiles_loads_nothing_heavy() -> None:
    heavy = (
        "import sys, slurm.profiles; print(sorted({'torch', 'pandas', 'matplotlib', 'submitit'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
