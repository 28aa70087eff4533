"""Columns of `runs`: use of a run, and means of its job."""

import shutil
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from jobs.tests.commands import hw1
from jobs.worker.usage import Spent, asked
from results.tests.stores import Store
from slurm import attempts, ledger
from slurm.attempts import Attempt
from slurm.profiles import load
from slurm.tasks import Task

STUDY = """
from jobs import Run, grid, study

BURN = "import time; x = bytearray(400 << 20)\\nwhile time.process_time() < 1: pass"

@study(runs=grid(seed=range(2)), minutes=0.001)
def burn(run: Run, *, seed: int) -> dict:
    run.shell(f"{PYTHON} -c '{BURN}'" if seed == 0 else "true", numbers=None)
    return {"x": 1.0}
"""


def test_what_a_run_starts_counts_as_its_own(tmp_path: Path) -> None:

    (tmp_path / "burns.py").write_text(STUDY.replace("{PYTHON}", sys.executable))
    done = hw1("-p", str(tmp_path / "burns.py"), "submit", "--local", "--workers", "1", out=tmp_path / "out")
    assert "all 2 runs are done" in done.stdout, done.stderr
    rows = Store(tmp_path / "out").read("runs").to_pylist()
    assert 1.0 <= sum(row["cpu_seconds"] for row in rows) < sum(row["seconds"] for row in rows) + 2
    assert max(row["children_gb"] or 0.0 for row in rows) > 0.39
    assert rows[0]["memory_gb"] < 0.3
    assert [(row["asked_cpus"], row["asked_gpus"], row["asked_minutes"]) for row in rows] == [(1, 0, None)] * 2


@pytest.mark.parametrize(
    ("variables", "memory_gb", "gpus"),
    [
        ({"SLURM_MEM_PER_NODE": "3072"}, 3.0, 0),
        ({"SLURM_MEM_PER_CPU": "512", "SLURM_GPUS_ON_NODE": "2"}, 2.0, 2),
        ({"SLURM_MEM_PER_GPU": "1024", "CUDA_VISIBLE_DEVICES": "0,3"}, 2.0, 2),
        ({"SLURM_MEM_PER_NODE": "0"}, None, 0),
    ],
)
def test_a_job_tells_what_it_had(
    variables: dict[str, str], memory_gb: float | None, gpus: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = Task(name="t", call=print, minutes=1)
    profile = load("generic")
    made = ledger.record(
        [[task]], folder=tmp_path, prefix="x", profile=profile, code=tmp_path / "code", max_array_size=2
    )
    monkeypatch.setattr("slurm.attempts._Current.attempt", Attempt(job_id="7_0", submission=made))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for name, value in {"SLURM_CPUS_PER_TASK": "4", **variables}.items():
        monkeypatch.setenv(name, value)
    found = asked(threads=1)
    assert found == {"asked_memory_gb": memory_gb, "asked_cpus": 4, "asked_gpus": gpus, "asked_minutes": 60.0}


def test_a_local_worker_in_somebodys_allocation_does_not_take_it_for_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_MEM_PER_NODE", "3072")
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "64")
    assert attempts.current().job_id == ""
    assert (asked(threads=2)["asked_memory_gb"], asked(threads=2)["asked_cpus"]) == (None, 2)


def test_time_is_added_over_checkpoints_and_unknown_where_an_old_one_does_not_say() -> None:
    assert Spent.kept({}).plus(Spent(2.0, 1.5)) == (2.0, 1.5)
    assert Spent.kept({"seconds": 3.0, "cpu_seconds": 6.0, "step": 1}).plus(Spent(2.0, 1.5)) == (5.0, 7.5)
    assert Spent.kept({"seconds": 3.0}).plus(Spent(2.0, 1.5)) == (5.0, None)


def test_a_store_of_before_reads_as_not_known(tmp_path: Path) -> None:
    reference = Path(__file__).parents[2] / "results" / "reference" / "store"
    shutil.copytree(reference, tmp_path / "store")
    for path in (tmp_path / "store" / "collected").glob("runs*.parquet"):
        pq.write_table(pq.read_table(path).drop_columns(["cpu_seconds", "asked_minutes"]), path)
    runs = Store(tmp_path, only_looks=True).read_all(["runs"], {"runs": ("run_id", "cpu_seconds", "asked_minutes")})
    (table,) = runs.values()
    assert len(table) == table["cpu_seconds"].null_count == table["asked_minutes"].null_count > 600
