"""What is printed of texts that others wrote, and of a cluster that cannot be asked."""

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from hw1.tests.sweeps import sweep
from jobs.cli import display, screen, wait
from jobs.status import Status
from jobs.tests.commands import hw1
from jobs.worker.heartbeats import Heartbeat
from results.failures import Failure
from slurm import elements, ledger
from slurm.profiles import load
from slurm.tasks import Task
from slurm.tests.calls import Note

RUNS = sweep(studies=("simulate",), smoke=True).runs()
FOREIGN = "node[1-4] gone [/tmp] :bomb: \x1b]0;title\x07\x9b2J\u202e\udcff[bold]end"
SHOWN = r"node[1-4] gone [/tmp] :bomb: \x1b]0;title\x07\x9b2J\u202e\udcff[bold]end"


def recorded(folder: Path, *, job_id: str | None = "7") -> ledger.Submission:
    """A submission of two runs."""
    calls = [
        [Task(name=f"{k}", call=Note(folder / "x"), minutes=1, keys={run.run_id: "simulate"})]
        for k, run in enumerate(RUNS[:2])
    ]
    made = ledger.record(
        calls, folder=folder, prefix="x", profile=load("generic"), code=folder / "code", max_array_size=9
    )
    if job_id is not None:
        made.note_job(made.arrays[0], job_id)
    return made


def told(folder: Path) -> Status:
    """Every text that is not ours says something foreign."""
    failed, running, queued, lost, starting = (run.run_id for run in RUNS[:5])
    made = recorded(folder)
    values: dict[str, Any] = {"submission": made, "number": 0, "reason": FOREIGN, "job_id": FOREIGN, "node": FOREIGN}
    named = {"pack_id": FOREIGN, "study": FOREIGN, "host": FOREIGN, "job_id": FOREIGN, "machine": FOREIGN}
    beat = Heartbeat(run_ids=[running], pid=1, born=1, unit=FOREIGN, step=1, n_steps=3, **named)
    failure: dict[str, Any] = dict.fromkeys(Failure.__dataclass_fields__, FOREIGN)
    found = [elements.Element(state=state, **values) for state in ("queued", "lost", "running")]
    return Status(
        done=(),
        failed={failed: Failure(**failure)},
        running={running: beat},
        damaged=[f"{FOREIGN} is damaged"],
        queued={queued: found[0], starting: found[2], RUNS[0].run_id: found[0], RUNS[1].run_id: found[0]},
        lost={lost: found[1]},
        cluster=elements.ClusterStatus(elements=found, silent=FOREIGN),
    )


def paper(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), width=400, markup=False, emoji=False, force_terminal=terminal, highlight=False)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("terminal", [False, True])
def test_the_status_table_shows_foreign_texts_as_they_are_and_obeys_none(terminal: bool, tmp_path: Path) -> None:
    console = paper(terminal=terminal)
    console.print(screen.status_table(RUNS, told(tmp_path)))
    text = written(console)
    assert text.count(SHOWN) >= 5
    assert "\x9b" not in text
    assert "\x07" not in text
    assert not any("\ud800" <= character <= "\udfff" for character in text)
    assert ("\x1b" in text) == terminal


def test_what_watches_a_sweep_and_what_says_how_it_ended_shows_foreign_texts_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, console = told(tmp_path), paper(terminal=False)
    monkeypatch.setattr(wait, "console", lambda: console)
    shows: list[Any] = []
    with wait._shown(console, RUNS) as show:
        shows.append(show)
        show(now)
    display.Display(console).note(FOREIGN)
    assert written(console).count(SHOWN) == 2


def test_a_cell_in_brackets_is_shown(tmp_path: Path) -> None:
    profile = tmp_path / "mine.toml"
    text = (Path(load("generic").origin)).read_text(encoding="utf-8")
    profile.write_text(text.replace('constraint = ""', 'constraint = "[rack1|rack2]"'), encoding="utf-8")
    assert "[rack1|rack2]" in hw1("profiles", str(profile)).stdout


def without_slurm(monkeypatch: pytest.MonkeyPatch, empty: Path) -> None:
    git = os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if not (Path(p) / "squeue").exists())
    monkeypatch.setenv("PATH", git or str(empty))


def states(out: Path, sweep: Sequence[str]) -> str:
    return hw1("status", *sweep, out=out).stdout


def test_a_folder_of_a_cluster_says_elsewhere_that_slurm_was_not_asked_and_can_be_cancelled_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_slurm(monkeypatch, tmp_path)
    out, sweep = tmp_path / "out", ("--smoke", "--study", "simulate")
    out.mkdir()
    recorded(out)
    assert "Slurm was not asked (squeue is not on this machine" in states(out, sweep)
    assert hw1("list", *sweep, out=out).stdout.endswith("6 runs: 2 queued, 4 pending\n")
    done = hw1("cancel", "--all", "--yes", out=out)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Slurm is not on this machine: if this folder is a copy" in done.stdout
    assert hw1("list", *sweep, out=out).stdout.endswith("6 runs: 6 pending\n")
