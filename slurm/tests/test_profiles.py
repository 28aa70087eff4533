"""Profiles: what they refuse and in which words."""

import getpass
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

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
FIELDS = (
    "extends, description, partition, account, qos, constraint, reservation, cluster, exclude, exclusive, licenses, "
    "mail_type, mail_user, cpus, memory_gb, memory_per_cpu_gb, memory_per_gpu_gb, time_limit_min, throttle, "
    "submit_cap, setup, container, python, scratch_root, requeue, signal_s, poll_s, unknown, gpu, sbatch, retries"
)
FLAG = "must be letters, digits and _.,:/@%+=()|&!*[]- with no dash in front"
LINE = "must be one line without control characters"
MISTAKES = "profile {path} has mistakes:\n  "


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


BROKEN: dict[str, tuple[str, str]] = {
    "a syntax error": (
        "description = 'a'\ncpus = = 1\n",
        "profile {path} must be TOML, got: Invalid value (at line 2, column 8)",
    ),
    "a value twice": (
        "cpus = 1\ncpus = 2\nthrottle = 1\n",
        "profile {path} must be TOML, got: Cannot overwrite a value (at line 2, column 9)",
    ),
    "a wrong type": (changed({"cpus": "2"}), MISTAKES + 'cpus: must be a whole number, got "2"'),
    "a truth for a number": (changed({"throttle": True}), MISTAKES + "throttle: must be a whole number, got true"),
    "a fraction for a number": (changed({"signal_s": 30.0}), MISTAKES + "signal_s: must be a whole number, got 30.0"),
    "a number for a truth": (changed({"requeue": 1}), MISTAKES + "requeue: must be true or false, got 1"),
    "no table": (changed({"gpu": "a100"}), MISTAKES + 'gpu: must be a table, got "a100"'),
    "no list": (changed({"setup": "true"}), MISTAKES + 'setup: must be a list, got "true"'),
    "too few": (changed({"cpus": 0}), MISTAKES + "cpus: must be >= 1, got 0"),
    "less than no memory": (changed({"memory_gb": -1.0}), MISTAKES + "memory_gb: must be >= 0, got -1.0"),
    "memory twice": (
        changed({"memory_per_cpu_gb": 1.0, "memory_per_gpu_gb": 1.0}),
        MISTAKES
        + "memory_per_cpu_gb: must be 0, or `memory_gb` be 0: Slurm takes one of them, got 1.0\n  "
        + "memory_per_gpu_gb: must be 0, or `memory_gb` be 0: Slurm takes one of them, got 1.0",
    ),
    "memory of no GPU": (
        changed({"memory_gb": 0.0, "memory_per_gpu_gb": 1.0, "gpu": {"form": "none"}}),
        MISTAKES + 'gpu: must ask for GPUs where `memory_per_gpu_gb` is given, got {"form": "none"}',
    ),
    "more cores than there are": (changed({"cpus": 10**30}), MISTAKES + f"cpus: must be <= 100,000, got {10**30}"),
    "more digits than Python writes": (
        changed({"cpus": 1}).replace('"cpus" = 1', '"cpus" = 0x' + 5000 * "f"),
        MISTAKES + "cpus: must be <= 100,000, got a number of thousands of digits",
    ),
    "more than a year": (
        changed({"time_limit_min": 367 * 1440}),
        MISTAKES + "time_limit_min: must be <= 527,040, got 528480",
    ),
    "a truth for memory": (changed({"memory_gb": True}), MISTAKES + "memory_gb: must be a number, got true"),
    "no number": (
        changed({"memory_gb": 1.5}).replace("1.5", "nan"),
        MISTAKES + "memory_gb: must be a finite number, got NaN",
    ),
    "a date for a number": (
        changed({"throttle": 3}).replace('"throttle" = 3', '"throttle" = 2026-01-01'),
        MISTAKES + 'throttle: must be a whole number, got "2026-01-01"',
    ),
    "half exclusive": (
        changed({"exclusive": "half"}),
        MISTAKES + 'exclusive: must be true, false, "user", "mcs" or "topo", got "half"',
    ),
    "a list of nothing known": (changed({"sbatch": [1]}), MISTAKES + "sbatch: must be a table, got [1]"),
    "two clusters": (
        changed({"cluster": "a,b"}),
        MISTAKES + 'cluster: must be letters, digits and _.- with no dash in front, got "a,b"',
    ),
    "an unknown placeholder": (changed({"account": "{me}"}), MISTAKES + f'account: {FLAG}, got "{{me}}"'),
    "an empty command": (
        changed({"container": "  "}),
        MISTAKES + 'container: must be a command and its arguments, each quote closed, got "  "',
    ),
    "an open quote": (
        changed({"container": "run 'a"}),
        MISTAKES + 'container: must be a command and its arguments, each quote closed, got "run \'a"',
    ),
    "a variable that nobody fills in": (
        changed({"container": "apptainer exec $HOME/a.sif"}),
        MISTAKES
        + "container: must be a command and its arguments, without what a shell expands: write {user} and {home}, "
        + 'got "apptainer exec $HOME/a.sif"',
    ),
    "a container without the environment": (
        changed({"container": "apptainer exec -B /scratch --cleanenv a.sif"}),
        MISTAKES
        + "container: must hand the environment on to the task: leave out --cleanenv, "
        + 'got "apptainer exec -B /scratch --cleanenv a.sif"',
    ),
    "no end of memory": (
        changed({"memory_gb": float("inf")}),
        MISTAKES + "memory_gb: must be a finite number, got Infinity",
    ),
    "too often": (changed({"poll_s": 0.5}), MISTAKES + "poll_s: must be >= 1, got 0.5"),
    "negative retries": (changed({"retries.error": -1}), MISTAKES + "retries.error: must be >= 0, got -1"),
    "a field left out": (changed({"gpu.form": None}), MISTAKES + "gpu.form: must be given, got nothing"),
    "an unknown form": (
        changed({"gpu.form": "gpu"}),
        MISTAKES + "gpu.form: must be 'none', 'gres', 'gpus', 'gpus-per-node' or 'gpus-per-task', got \"gpu\"",
    ),
    "GPUs that are not asked for": (
        changed({"gpu.form": "none"}),
        MISTAKES
        + 'gpu.type: must be empty with form = "none", got "a100"\n  '
        + 'gpu.count: must be 0 with form = "none", got 1',
    ),
    "no GPUs that are asked for": (
        changed({"gpu.count": 0}),
        MISTAKES + 'gpu.count: must be >= 1 with form = "gres", got 0',
    ),
    "a signal after the end": (
        changed({"signal_s": 600}),
        MISTAKES + "signal_s: must be below the time limit of 600 s, got 600",
    ),
    "a misspelt field": (
        changed({"acount": "lab", "account": None}),
        MISTAKES + f"acount: must be one of {FIELDS}, got an unknown field (`account`?)",
    ),
    "a misspelt field of a table": (
        changed({"retries.timelimit": 1}),
        MISTAKES
        + "retries.timelimit: must be one of killed, memory, time_limit, preempted, error, "
        + "got an unknown field (`time_limit`?)",
    ),
    "a name": (changed({"name": "mine"}), MISTAKES + f"name: must be one of {FIELDS}, got an unknown field"),
    "a field's name of two lines": (
        changed({"a\nb": 1}),
        MISTAKES + f'"a\\nb": must be one of {FIELDS}, got an unknown field',
    ),
    "an unknown unknown": (
        changed({"unknown": ["acount"]}),
        MISTAKES + 'unknown: must be names of fields (`account`?), got ["acount"]',
    ),
    "two lines": (
        changed({"account": "lab\n#SBATCH --qos=high"}),
        MISTAKES + f'account: {LINE}, got "lab\\n#SBATCH --qos=high"',
    ),
    "a separator": (changed({"description": "a\u2028b"}), MISTAKES + f'description: {LINE}, got "a\\u2028b"'),
    "a second flag": (changed({"qos": "high --mem=0"}), MISTAKES + f'qos: {FLAG}, got "high --mem=0"'),
    "a flag for a value": (changed({"partition": "-work"}), MISTAKES + f'partition: {FLAG}, got "-work"'),
    "a GPU of two kinds": (
        changed({"gpu.type": "a100:4,gpu:l40s"}),
        MISTAKES + 'gpu.type: must be letters, digits and _.- with no dash in front, got "a100:4,gpu:l40s"',
    ),
    "arguments": (
        changed({"python": "python -i"}),
        MISTAKES + 'python: must be an absolute path or the name of a command, without arguments, got "python -i"',
    ),
    "a placeholder": (
        changed({"scratch_root": "/scratch/{USER}"}),
        MISTAKES
        + "scratch_root: must be an absolute path, with {user} and {home} as its only placeholders, "
        + 'got "/scratch/{USER}"',
    ),
    "a flag in the setup": (
        changed({"setup": ["true", "  #SBATCH --qos=high"]}),
        MISTAKES
        + 'setup[1]: must not be an #SBATCH line: the profile\'s fields are for those, got "  #SBATCH --qos=high"',
    ),
    "a long one": (
        changed({"qos": "q " * 100}),
        MISTAKES + f'qos: {FLAG}, got "' + ("q " * 100)[:58] + "…",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_profile_is_refused_in_these_words(case: str, tmp_path: Path) -> None:
    text, message = BROKEN[case]
    path = tmp_path / "broken.toml"
    path.write_text(text)
    with pytest.raises(ProfileError) as refused:
        load(str(path))
    if message.count("\n") == 1:
        message = message.replace("has mistakes:\n  ", "has a mistake: ")
    assert str(refused.value) == message.replace("{path}", str(path))


@pytest.mark.parametrize(
    "line", ["echo 'a", "if true; then", "cat <<END", "a \\", "a &&", "a |", "f()", "{", ")", "$("]
)
def test_a_setup_line_that_takes_in_the_next_one_is_refused(line: str, tmp_path: Path) -> None:
    path = tmp_path / "open.toml"
    path.write_text(changed({"setup": [line]}))
    with pytest.raises(ProfileError, match=r"setup\[0\]: must be a complete shell command on one line"):
        load(str(path))


def test_all_mistakes_are_in_one_message(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(changed({"cpus": 0, "name": "a", "gpus": 1, "gpu.count": 0, "signal_s": 9000, "partition": None}))
    with pytest.raises(ProfileError) as refused:
        load(str(path))
    first, *lines = str(refused.value).splitlines()
    assert first == f"profile {path} has mistakes:"
    assert [line.split(":")[0].strip() for line in lines] == [
        "name", "partition", "cpus", "signal_s", "gpu.count", "gpus",
    ]  # fmt: skip


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
