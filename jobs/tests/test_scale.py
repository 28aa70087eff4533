"""What grows with the number of runs, and what does not."""

import json
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from hw1.tests.sweeps import sweep
from jobs.sweep import Run
from jobs.tests.commands import hw1
from jobs.tests.stored import stored
from results.tests.stores import Store

FEW, MANY = 200, 2000


def empty(*arguments: str, n: int, out: Path) -> str:
    """A command on so many runs that do nothing."""
    done = hw1(*arguments, "--study", "empty", "--seeds", str(n), out=out)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tenth of the runs, trained by two workers."""
    out = tmp_path_factory.mktemp("few")
    empty("submit", "--local", "--workers", "2", n=FEW, out=out)
    return out


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of them, trained by two workers."""
    out = tmp_path_factory.mktemp("many")
    empty("submit", "--local", "--workers", "2", n=MANY, out=out)
    return out


def files(out: Path) -> Counter[str]:
    """How many files each folder has, whatever packs and processes are called."""
    found = (path.relative_to(out) for path in out.rglob("*") if path.is_file())
    return Counter(re.sub(r"local/[^/]+", "local", str(path.parent)) for path in found)


@pytest.mark.slow
def test_ten_times_the_runs_leave_as_many_files_before_and_after_they_are_collected(few: Path, many: Path) -> None:
    assert files(few) == files(many)
    assert files(many)["store/parts/runs"] == 2
    for out, n in ((few, FEW), (many, MANY)):
        empty("collect", n=n, out=out)
    assert files(few) == files(many)
    assert files(many)["store/parts/runs"] == 0


@pytest.mark.slow
def test_a_half_done_sweep_trains_the_rest_and_nothing_again(few: Path, many: Path, tmp_path: Path) -> None:
    shutil.copytree(few, out := tmp_path / "out")
    before = {row["run_id"]: row for row in Store(out).read("runs").to_pylist()}
    said = json.loads(empty("status", "--json", n=MANY, out=out))
    assert [record["run_id"] for record in said] == [run.run_id for run in runs()]
    assert [record["state"] for record in said] == ["done"] * FEW + ["pending"] * (MANY - FEW)
    planned = json.loads(empty("plan", "--json", "--workers", "2", n=MANY, out=out))
    assert sorted(i for task in planned for i in task["run_ids"]) == sorted(run.run_id for run in runs()[FEW:])
    assert f"trained {MANY - FEW} runs" in empty("submit", "--local", "--workers", "2", n=MANY, out=out)
    after = Store(out).read("runs").to_pylist()
    assert Counter(row["run_id"] for row in after) == Counter(run.run_id for run in runs())
    assert {row["run_id"]: row for row in after if row["run_id"] in before} == before
    assert stored(out) == stored(many)


@pytest.mark.slow
def test_what_is_missing_is_named_in_the_order_of_the_sweep(few: Path, tmp_path: Path) -> None:
    shutil.copytree(few, out := tmp_path / "out")
    lines = empty("collect", n=MANY, out=out).splitlines()
    assert lines[:-1] == [f"missing: {run.run_id} empty nothing seed {run.spec.seed}" for run in runs()[FEW:]]


def runs() -> list[Run]:
    """All of them."""
    return sweep(studies=("empty",), n_seeds=MANY).runs()
