"""What an installation gets: the wheel, built from a copy of the sources, without a network."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from hw1.files import FILES, SUMS

ROOT = Path(__file__).parents[2]
ROOMS = ("hw1", "jobs", "slurm", "results", "analysis")
NEEDED = {
    *(f"hw1/mnist/{name}.gz" for name in FILES),
    f"hw1/mnist/{SUMS}",
    "hw1/mnist/README.md",
    "hw1/projects/spurious_minima/published.json",
    "hw1/published/printed.json",
    "slurm/profiles/generic.toml",
    "slurm/profiles/palmetto.toml",
    "results/reference/bench.parquet",
    "results/reference/store/schema.json",
    "results/reference/store/collected/runs.parquet",
}
BUILD = "import sys; from hatchling import build; print(build.build_wheel(sys.argv[1]))"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Built from links to the clone's files, beside what an earlier build of another tool has left."""
    source, into = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    ask = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    tracked = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).exists():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).symlink_to(ROOT / name)
    (source / "build" / "lib" / "jobs").mkdir(parents=True)
    (source / "build" / "lib" / "jobs" / "stale.py").touch()
    command = [sys.executable, "-c", BUILD, str(into)]
    subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=120, check=True)
    (made,) = into.iterdir()
    return zipfile.ZipFile(made)


def _code(wheel: zipfile.ZipFile) -> set[str]:
    return {name for name in wheel.namelist() if ".dist-info/" not in name}


@pytest.mark.slow
def test_the_wheel_has_all_code_but_tests_and_the_test_cluster_and_nothing_of_an_earlier_build(
    wheel: zipfile.ZipFile,
) -> None:
    paths = [path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    wanted = {path.as_posix() for path in paths if not {"tests", "devcluster"} & set(path.parts)}
    assert {name for name in _code(wheel) if name.endswith(".py")} == wanted
    assert not [name for name in _code(wheel) if "devcluster" in name or "/tests/" in name or "stale" in name]
    assert {name.partition("/")[0] for name in _code(wheel)} == set(ROOMS)


@pytest.mark.slow
def test_the_wheel_has_the_files_that_commands_read(wheel: zipfile.ZipFile) -> None:
    templates = {path.relative_to(ROOT).as_posix() for room in ROOMS for path in (ROOT / room).rglob("*.j2")}
    stored = (ROOT / "results" / "reference" / "store" / "collected").glob("*.parquet")
    tables = {path.relative_to(ROOT).as_posix() for path in stored}
    assert len(templates) == 5
    assert _code(wheel) >= NEEDED | templates | tables
    assert not [name for name in _code(wheel) if "/results/" in name]


@pytest.mark.slow
def test_the_wheel_weighs_less_than_30_mb(wheel: zipfile.ZipFile) -> None:
    assert sum(each.compress_size for each in wheel.infolist()) < 30e6


@pytest.mark.slow
def test_torch_comes_with_an_extra_only() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    base, train = (
        {name.partition(">")[0] for name in names}
        for names in (project["dependencies"], project["optional-dependencies"]["train"])
    )
    assert base.isdisjoint({"torch", "torchvision", "scipy", "jax", "ray"})
    assert train >= {"torch", "torchvision"}
