"""The mistakes of profiles, and the words in which they are refused."""

from pathlib import Path

import pytest

from slurm.profiles import ProfileError, load
from slurm.tests.test_profiles import changed

FIELDS = (
    "extends, description, partition, account, qos, constraint, reservation, cluster, exclude, exclusive, licenses, "
    "mail_type, mail_user, cpus, memory_gb, memory_per_cpu_gb, memory_per_gpu_gb, time_limit_min, throttle, "
    "submit_cap, setup, container, python, scratch_root, requeue, signal_s, poll_s, unknown, gpu, sbatch, retries, "
    "notify, energy"
)
FLAG = "must be letters, digits and _.,:/@%+=()|&!*[]- with no dash in front"
LINE = "must be one line without control characters"
MISTAKES = "profile {path} has mistakes:\n  "


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
    "whom nobody can tell": (
        changed({"notify": {"webhook": "ftp://chat.example/s3cret", "mial": "me", "mail": "a b"}}),
        MISTAKES
        + "notify.webhook: must be an address that begins with https:// or http://, in ASCII and without a password, "
        + "got what is not shown: it may be a secret\n  "
        + f"notify.mail: {FLAG}, got what is not shown: it may be a secret\n  "
        + "notify.mial: must be one of webhook, mail, got an unknown field (`mail`?)",
    ),
    "an address for a table": (
        changed({"notify": "https://chat.example/s3cret"}),
        MISTAKES + "notify: must be a table, got what is not shown: it may be a secret",
    ),
    "factors that cannot be": (
        changed({"energy": {"pue": 0.5, "watts_per_core": "12", "co2": 400.0}}),
        MISTAKES
        + 'energy.watts_per_core: must be a number, got "12"\n  '
        + "energy.pue: must be >= 1, got 0.5\n  "
        + "energy.co2: must be one of watts_per_core, watts_per_gpu, watts_per_gb, pue, co2_g_per_kwh, "
        + "got an unknown field",
    ),
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
