"""A cluster's output folder on a machine without Slurm: who waits for whom is said, and can be ended."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from hw1.project import PROJECT
from hw1.tests.sweeps import sweep
from jobs.cli.display import Display
from jobs.status import status
from jobs.submission import cancel
from jobs.submission.local import submit
from slurm import ledger
from slurm.profiles import load
from slurm.tasks import Task


def test_what_a_cluster_may_have_is_left_alone_until_it_is_cancelled_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = sweep(studies=["simulate"], preset="report", n_seeds=1, smoke=True, dataset="mnist", precision="fp32").runs()
    task = Task(name="t", call=print, minutes=1, keys={run.run_id: run.study.name for run in runs})
    copied = ledger.record(
        [[task]], folder=tmp_path, prefix="hw1", profile=load("generic"), code=tmp_path / "code", max_array_size=1
    )
    copied.note_job(copied.arrays[0], "7")
    monkeypatch.setenv("PATH", "")
    said = StringIO()
    display = Display(Console(file=said, width=1000))
    outcome = submit(runs, PROJECT, out=tmp_path, n_workers=1, device="cpu", display=display)
    assert outcome.n_trained == 0
    assert "Slurm was not asked (squeue is not on this machine" in said.getvalue()
    assert f"may have {len(runs)} run(s)" in said.getvalue()
    assert "`hw1 cancel --all`" in said.getvalue()
    lines: list[str] = []
    assert cancel.cancel(None, tmp_path, yes=True, ask=lambda _: False, say=lines.append) == 0
    assert "Slurm is not on this machine" in lines[-1]
    now = status(tmp_path)
    assert len(now.pending(runs)) == len(runs)
    assert ledger.Submission(copied.folder).closed(0) == "cancelled"
