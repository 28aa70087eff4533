"""What this machine has."""

import os
from pathlib import Path

import pytest

from jobs import tasking
from jobs.sweep import SweepError
from slurm.tests.site import program


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["echo 0", "echo 1"], [0, 1]),
        (["echo 'driver is old'", "echo 1", r"printf '\377\n'"], [1]),
        (["echo 'No devices were found'", "exit 6"], []),
        (["sleep 60"], []),
    ],
)
def test_gpus_are_those_that_nvidia_smi_lists_whatever_else_it_says(
    lines: list[str], found: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "nvidia-smi", *lines)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(tasking, "_SMI_S", 1.0)
    assert tasking.gpus("auto") == found
    assert tasking.gpus("cpu") == []
    if not found:
        with pytest.raises(SweepError, match="needs a GPU that nvidia-smi lists"):
            tasking.gpus("cuda")
