"""`hw1 cancel` and `hw1 logs` by name: the ledgers are real, Slurm's commands pretended, and note what is asked."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from jobs.sweep import SweepError
from jobs.tests.commands import APP
from slurm import ledger, ledgers
from slurm.profiles import load
from slurm.tasks import Task
from slurm.tests.calls import Note

RUNS = {"3f2a000000000001": "simulate", "3f2b000000000002": "simulate", "2026000000000003": "minimal_ratio"}

SQUEUE = """#!/bin/sh
for a in "$@"; do case "$a" in --name=*) names=${a#--name=};; esac; done
n=70
IFS=,
for name in $names; do
  for k in 0 1 2; do
    grep -qsw "${n}_$k" "${0%squeue}scancel.asked" || echo "hw1|$n|$k|$(id -u)|PENDING||1:00|$name|Priority"
  done
  n=$((n + 1))
done
"""
SCANCEL = '#!/bin/sh\necho "$@" >> "$0.asked"\n'


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An output folder of which Slurm has two submissions, of an element a run; the second's runs have other ids."""
    for name, text in {"squeue": SQUEUE, "scancel": SCANCEL}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    folder = tmp_path / "out"
    folder.mkdir()
    for last in ("", "f"):
        calls = [
            [Task(name=f"0{k}-{study}{last}", call=Note(tmp_path / "note"), minutes=1, keys={run + last: study})]
            for k, (run, study) in enumerate(RUNS.items())
        ]
        ledger.record(calls, folder=folder, prefix="x", profile=load("generic"), code=folder / "code", max_array_size=9)
    return folder


def ids(out: Path) -> list[str]:
    return sorted(path.name for path in (out / "submissions").iterdir())


def cancel(out: Path, *arguments: str) -> Result:
    return CliRunner().invoke(APP, ["cancel", *arguments, "--yes", "--out", str(out)])


def asked(out: Path) -> set[str]:
    """The jobs that Slurm was told to end."""
    path = out.parent / "scancel.asked"
    return set(path.read_text().split()) - {"--quiet"} if path.exists() else set()


@pytest.mark.parametrize("name", ["", " ", "2", "20", "2026", "3f2a", "simul", "ffff"])
def test_what_is_empty_short_unknown_or_fits_several_things_cancels_nothing(name: str, out: Path) -> None:
    done = cancel(out, name)
    assert isinstance(done.exception, SweepError)
    assert cancel(out, "minimal_ratio", name).exception is not None
    assert not asked(out)
    assert not [*out.rglob("*.closed"), *out.rglob("cancelled")]


def test_what_fits_several_things_is_listed(out: Path) -> None:
    said = str(cancel(out, "2026").exception)
    assert "'2026' fits 4 things, say which: run 2026000000000003, run 2026000000000003f, " in said
    assert all(f"submission {name}" in said for name in ids(out))


def test_a_run_a_study_and_a_submission_end_by_name_and_nothing_else(out: Path) -> None:
    assert cancel(out, "3f2a000000000001f").exit_code == 0
    (last,) = asked(out)
    assert last.endswith("_0")
    assert "2 job(s) with 2 run(s) end" in cancel(out, "minimal_ratio").output
    assert {job[-1] for job in asked(out)} == {"0", "2"}
    submission = next(name for name in ids(out) if not [*(out / "submissions" / name).rglob("*0.closed")])
    assert "2 job(s) with 2 run(s) end" in cancel(out, submission).output
    assert "1 job(s) with 1 run(s) end" in cancel(out, "--all").output
    assert "nothing to cancel" in cancel(out, "--all").output
    assert len(asked(out)) == 6


@pytest.mark.parametrize("n_damaged", [1, 2])
def test_all_of_a_folder_is_not_said_to_be_cancelled_while_a_submission_cannot_be_read(
    n_damaged: int, out: Path
) -> None:
    for name in ids(out)[:n_damaged]:
        (out / "submissions" / name / "ledger.json").write_text("{}")
    done = cancel(out, "--all")
    assert isinstance(done.exception, SweepError)
    assert all(name in str(done.exception) for name in ids(out)[:n_damaged])
    assert len(asked(out)) == 3 * (2 - n_damaged), "what can be read is cancelled all the same"
    if n_damaged == 1:
        again = cancel(out, "2026000000000003f")
        assert ids(out)[0] in again.output, "and a name may be that of what cannot be read"


@pytest.mark.parametrize("damage", ["file", "loop"])
def test_a_folder_without_its_submissions_folder_is_not_said_to_have_nothing_in_slurm(damage: str, out: Path) -> None:
    submissions = out / "submissions"
    submissions.rename(out / "moved")
    submissions.touch() if damage == "file" else submissions.symlink_to("submissions")
    done = cancel(out, "--all")
    assert isinstance(done.exception, SweepError)
    assert "what Slurm has of this folder is not known" in str(done.exception)


def logs(out: Path, *arguments: str) -> Result:
    return CliRunner().invoke(APP, ["logs", *arguments, "--out", str(out)])


@pytest.mark.parametrize("name", ["", "3", "3f2", "3f2a", "00-simulat"])
def test_logs_of_an_empty_short_or_ambiguous_name_are_refused(name: str, out: Path) -> None:
    (out / "logs").mkdir()
    (out / "logs" / "a.log").write_text("runs: 3f2a000000000001 3f2a000000000002\nhello\n")
    assert isinstance(logs(out, name).exception, SweepError)


def test_the_log_of_a_run_is_found_by_its_first_digits_and_of_a_task_by_its_name(out: Path) -> None:
    (out / "logs").mkdir()
    (out / "logs" / "a.log").write_text("runs: 3f2a000000000001 3f2b000000000002\nhello\n")
    assert "hello" in logs(out, "3f2b").output
    submission = next(each for each in ledgers.submissions(out) if ["01-simulate"] in each.tasks)
    submission.log(1).write("started", job_id="70_1")
    submission.stdout("70_1").write_text("what it printed\n")
    assert "what it printed" in logs(out, "01-simulate").output


def begun(out: Path, which: int) -> ledger.Submission:
    """The submission that Slurm has as array 70 or 71; each of its elements has printed something."""
    submission = ledgers.submissions(out)[which]
    for number, names in enumerate(submission.tasks):
        job = f"{70 + which}_{number}"
        submission.log(number).write("started", job_id=job)
        submission.stdout(job).write_text(f"{names[0]} printed\n")
    return submission


def test_logs_take_a_tasks_number_a_job_an_array_and_a_submission(out: Path) -> None:
    first, second = begun(out, 0), begun(out, 1)
    names = [name for (name,) in first.tasks]
    assert logs(out, "70_1").output == f"{names[1]} printed\n"
    newest = "01-simulatef printed\n"
    assert logs(out, "1").output == logs(out, "01").output == logs(out, "01-simulatef").output == newest
    every = "".join(f"--- job 70_{k} {name}\n{name} printed\n" for k, name in enumerate(names))
    assert logs(out, "70").output == logs(out, "70[0-2]").output == logs(out, first.id).output == every
    assert logs(out, second.id[:-1]).output.count("printed") == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["72_0"],
            "'72_0' is no run, task, job or submission of this folder: `hw1 list` prints",
        ),
        (["07"], "`hw1 status` jobs; of an id give at least 4 characters"),
        (["70", "-f"], "job 70 has 3 jobs, and `-f` follows one: say which of 70_0, 70_1, 70_2"),
        (["2026"], "'2026' fits"),
    ],
)
def test_logs_of_what_means_nothing_or_several_things_are_refused_in_a_line(
    arguments: list[str], said: str, out: Path
) -> None:
    begun(out, 0)
    error = logs(out, *arguments).exception
    assert isinstance(error, SweepError)
    assert said in str(error)
    assert "\n" not in str(error)


def test_a_task_that_has_not_begun_says_so(out: Path) -> None:
    assert "task 00-simulatef has no log yet" in str(logs(out, "00-simulatef").exception)


@pytest.mark.parametrize(("event", "kind", "state"), [("ended", "done", "done"), ("ended", "killed", "failed")])
def test_following_a_job_ends_with_it_and_says_how(event: str, kind: str, state: str, out: Path) -> None:
    submission = begun(out, 0)
    submission.log(1).write(event, job_id="70_1", kind=kind)
    (out.parent / "scancel.asked").write_text("70_1\n")
    shown = logs(out, "70_1", "-f").output
    assert shown.startswith(f"{submission.tasks[1][0]} printed\njob 70_1 is {state}")
    assert shown.count("\n") == 2


def test_following_a_run_ends_when_nobody_trains_it(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_text("runs: 3f2a000000000001\nhello\n")
    assert logs(tmp_path, "3f2a", "-f").output.endswith("hello\nrun 3f2a000000000001 is pending\n")
