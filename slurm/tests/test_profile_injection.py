"""Nothing in a profile gets into a script as a line."""

import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from slurm import script
from slurm.profiles import Profile, ProfileError, load
from slurm.tests.test_profiles import changed


def good(change: dict[str, Any] | None = None) -> Profile:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "good.toml")
        path.write_text(changed(change or {}), encoding="utf-8")
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
STRINGS = ["description", "partition", "account", "qos", "constraint", "setup", "python", "scratch_root", "gpu.type"]


@given(field=st.sampled_from([*STRINGS, "unknown", "gpu.form"]), value=TEXT)
@example(field="setup", value="if true; then")
@example(field="setup", value="cat <<'E'")
@example(field="setup", value="true # \\")
@example(field="python", value="/opt/it's/python")
@example(field="account", value="[a|b]*(2)&!c%d")
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
