"""Nothing in a profile gets into a script as a line."""

import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slurm import script
from slurm.profiles import Profile, ProfileError, load
from slurm.tests.test_profiles import changed


def base() -> dict[str, Any]:
    """Every field given, so that no value adds a flag."""
    fields = ("reservation", "exclude", "licenses", "mail_type", "mail_user", "cluster")
    return dict.fromkeys(fields, "a") | {
        "container": "run",
        "exclusive": "user",
        "sbatch.comment": "a",
        "sbatch.nodelist": "a",
    }


def good(change: dict[str, Any] | None = None) -> Profile:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "good.toml")
        path.write_text(changed({"sbatch": {}} | base() | (change or {})), encoding="utf-8")
        return load(str(path))


def scripted(profile: Profile) -> str:
    array = script.Array(profile=profile, name="a", n=2, offset=0, folder=Path("/out"), code=Path("/code"))
    return script.text(array)


def keys(text: str) -> list[str]:
    return re.findall(r"^\s*#SBATCH --([^=\n]*)", text, re.MULTILINE)


REFERENCE = scripted(good())
NASTY = [
    "a\nb",
    "\u2028",
    "\x85",
    "\x1b[2J",
    "a' b",
    '"',
    "`id`",
    "$(id)",
    "a;b",
    "<<E",
    "\\",
    "#SBATCH -x",
    "--x",
    "a b",
]
TEXT = st.text(min_size=1) | st.sampled_from(NASTY) | st.text("ab-#$`'\"\\\n \u2029;&|(){}<>*=:/.", min_size=1)
FLAGS = ["account", "qos", "constraint", "reservation", "exclude", "licenses", "mail_type", "mail_user", "cluster"]
STRINGS = ["description", "partition", *FLAGS, "setup", "container", "python", "scratch_root", "gpu.type"]
MORE = [*FLAGS, "unknown", "gpu.form", "sbatch.comment", "sbatch.nodelist", "exclusive", "extends"]


@given(field=st.sampled_from([*STRINGS, *MORE]), value=TEXT)
@example(field="setup", value="if true; then")
@example(field="setup", value="cat <<'E'")
@example(field="setup", value="true # \\")
@example(field="python", value="/opt/it's/python")
@example(field="account", value="[a|b]*(2)&!c%d")
@example(field="mail_user", value="{user}@b.c")
@example(field="container", value="run 'a\nb'")
@example(field="container", value="run a; id")
@example(field="container", value="run 'it is' \"a\"'b' #c")
@example(field="container", value="srun")
@example(field="sbatch.comment", value='a\' #b "c" $(id)')
@example(field="sbatch.comment", value="a\n#SBATCH --qos=high")
@example(field="extends", value="a\nb")
def test_no_text_changes_the_lines_of_a_script(field: str, value: str) -> None:
    try:
        profile = good({field: [value] if field in {"setup", "unknown"} else value})
    except ProfileError:
        return
    text = scripted(profile)
    assert len(text.splitlines()) == len(REFERENCE.splitlines())
    assert keys(text) == keys(REFERENCE)
    read = subprocess.run(["bash", "-n"], input=text.encode(), capture_output=True, check=False)
    assert (read.returncode, read.stderr) == (0, b"")


@given(name=TEXT)
@example(name="comment=a\n#SBATCH --uid=0")
@example(name="comment\n#SBATCH --uid=0")
@example(name="mail-user=a b")
@example(name="output=/etc/passwd")
def test_no_option_of_the_command_line_adds_another(name: str) -> None:
    try:
        profile = load("generic", [name])
    except ProfileError:
        return
    before, after = keys(scripted(load("generic"))), keys(scripted(profile))
    assert set(after) - set(before) <= {name.partition("=")[0]}
    assert len(after) <= len(before) + 1


def test_a_users_name_adds_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "me\n#SBATCH --uid=0")
    for field in ("account", "scratch_root", "container", "python", "sbatch.comment"):
        with pytest.raises(ProfileError, match="must be one line without control characters"):
            good({field: "/{user}"})
