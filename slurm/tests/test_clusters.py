"""Where Slurm has several clusters, the profile's is the one that is asked; Slurm's clients are pretended."""

from pathlib import Path

import pytest

from slurm import elements, queue
from slurm.profiles import load
from slurm.queue import Asked
from slurm.submit import submit
from slurm.tasks import Task
from slurm.tests.calls import Note
from slurm.tests.test_script import program


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in which every call of Slurm's clients is a line."""
    monkeypatch.setenv("PATH", f"{tmp_path}/bin", prepend=":")
    monkeypatch.setenv("SLURM_CLUSTERS", "elsewhere")
    note = f'echo "${{0##*/}} $* ${{SLURM_CLUSTERS:-}}" >> {tmp_path}/asked'
    for name, answer in {
        "squeue": "echo 'CLUSTER: b'",
        "scontrol": "echo",
        "scancel": "true",
        "sbatch": "echo '7;b'",
    }.items():
        program(tmp_path / "bin" / name, note, answer)
    return tmp_path / "asked"


def calls(asked: Path) -> list[str]:
    """The calls, without their format and names."""
    lines = asked.read_text().splitlines() if asked.exists() else []
    asked.unlink(missing_ok=True)
    return [
        " ".join(w for w in line.split() if not w.startswith(("--format", "--name", "--user", "/"))) for line in lines
    ]


@pytest.mark.parametrize(("cluster", "on"), [("b", "--clusters=b "), ("", "")])
def test_the_profiles_cluster_is_asked_by_every_call(cluster: str, on: str, asked: Path, tmp_path: Path) -> None:
    profile = load("generic").model_copy(update={"cluster": cluster, "submit_cap": 9})
    task = Task(name="a", call=Note(tmp_path / "note"), minutes=1)
    (made,) = submit([task], folder=tmp_path / "out", prefix="x", profile=profile, code=tmp_path / "code")
    assert calls(asked) == [f"scontrol {on}show config", f"squeue --noheader {on}--array", "sbatch --parsable"]
    script = (made.folder / f"{made.arrays[0].name}.sh").read_text()
    assert ("#SBATCH --clusters=b\n" in script) == bool(cluster)
    now = elements.status(tmp_path / "out")
    assert calls(asked) == [f"squeue --noheader --array --states=all {on}".rstrip()]
    elements.cancel(now.elements, reason="a test's")
    assert calls(asked) == [f"scancel {on}--quiet 7_0"]


def test_each_cluster_is_asked_for_what_it_has(asked: Path) -> None:
    queue.elements({"x": Asked(1, "1", "b"), "y": Asked(1, "2", "c"), "z": Asked(1, "3", "b")})
    words = [line.split() for line in asked.read_text().splitlines()]
    assert [[w for w in line if w.startswith(("--clusters", "--name"))] for line in words] == [
        ["--clusters=b", "--name=x,z"],
        ["--clusters=c", "--name=y"],
    ]
