"""What studies ask for reaches the plan, the packs and sbatch."""

import re
from pathlib import Path
from typing import Any

import pytest

from jobs import Run, grid, study
from jobs.errors import ProjectError
from jobs.tests.commands import hw1

FILE = """
from jobs import Run, grid, study

@study(runs=grid(seed=range(2)), memory_gb=12, gpus=0)
def large(run: Run, *, seed: int) -> dict[str, float]:
    return {"x": 1.0}

@study(runs=grid(seed=range(2)))
def usual(run: Run, *, seed: int) -> dict[str, float]:
    return {"x": 1.0}
"""
PROFILE = 'time_limit_min = 9\npartition = ""\n[gpu]\nform = "gpus"\n'


@pytest.fixture
def project(tmp_path: Path) -> str:
    (tmp_path / "sizes.py").write_text(FILE)
    return str(tmp_path / "sizes.py")


def asked(project: str, profile: str) -> list[tuple[str, ...]]:
    """Memory and GPUs of each array that `plan --script` prints, and its number of elements."""
    path = Path(project).with_name("site.toml")
    path.write_text(profile)
    done = hw1("-p", project, "plan", "--profile", str(path), "--script", out=path.with_name("out"))
    assert done.returncode == 0, done.stderr
    scripts = done.stdout.split("#!/bin/bash")[1:]
    flags = [dict(re.findall(r"^#SBATCH --(mem\S*?|gpus)=(\S+)$", text, re.MULTILINE)) for text in scripts]
    return sorted(tuple(f"{name}={value}" for name, value in sorted(each.items())) for each in flags)


@pytest.mark.parametrize(
    ("memory", "large", "usual"),
    [
        ("", ("mem=12288M",), ("gpus=1",)),
        ("memory_gb = 4.0", ("mem=12288M",), ("gpus=1", "mem=4096M")),
        ("memory_gb = 40.0", ("mem=40960M",), ("gpus=1", "mem=40960M")),
        ("memory_gb = 0.0", (), ("gpus=1",)),
        ("memory_per_cpu_gb = 4.0\ncpus = 2", ("mem-per-cpu=6144M",), ("gpus=1", "mem-per-cpu=4096M")),
        ("memory_per_gpu_gb = 4.0", ("mem=12288M",), ("gpus=1", "mem-per-gpu=4096M")),
    ],
)
def test_memory_that_a_study_needs_is_asked_for_unless_the_site_refuses_that(
    project: str, memory: str, large: tuple[str, ...], usual: tuple[str, ...]
) -> None:
    assert asked(project, f"{memory}\n{PROFILE}") == sorted([large, usual])


def test_a_plan_shows_what_each_task_asks_for(project: str, tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text(PROFILE)
    done = hw1("-p", project, "plan", "--profile", str(site), out=tmp_path / "out")
    rows = [re.split(r"  +", line.strip()) for line in done.stdout.splitlines()]
    of = {row[1]: dict(zip(rows[0], row, strict=True)) for row in rows if len(row) == len(rows[0])}
    assert (of["large"]["memory GiB"], of["large"]["GPUs"]) == ("12.0", "0")
    assert of["usual"]["GPUs"] == "1"


@pytest.mark.parametrize("memory_gb", ["0", "-1", "float('nan')", "1e9"])
def test_memory_that_no_machine_has_is_refused(project: str, memory_gb: str) -> None:
    Path(project).write_text(FILE.replace("memory_gb=12", f"memory_gb={memory_gb}"))
    done = hw1("-p", project, "list")
    assert done.returncode == 2
    assert "study `large`: `memory_gb` must be above 0" in done.stderr


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cpus": 0}, "`cpus` must be a whole number of at least 1, got 0"),
        ({"cpus": "2"}, "`cpus` must be a whole number of at least 1, got '2'"),
        ({"gpus": -1}, "`gpus` must be a whole number of at least 0, got -1"),
        ({"version": "x"}, "`version` must be a whole number of at least 0, got 'x'"),
        ({"minutes": "3"}, "`minutes` must be above 0, got '3'"),
        ({"smoke": 3}, "`smoke` must be a dict of parameters, got 3"),
    ],
)
def test_what_no_job_can_be_asked_for_is_refused_in_one_line(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ProjectError, match=f"^study `fit`: {words}$"):

        @study(runs=grid(lr=[1.0]), **given)
        def fit(run: Run, *, lr: float) -> None:
            pass
