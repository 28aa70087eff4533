"""What is made of the ledger, the elements' logs and Slurm's words together."""

from pathlib import Path

import pytest

from slurm import elements, queue
from slurm.attempts import Ending
from slurm.ledger import Submission
from slurm.queue import Queued, SlurmError
from slurm.tests.test_ledger import made


def said(state: str, reason: str = "None") -> Queued:
    """A line of squeue."""
    return Queued(job_id="7_0", state=state, reason=reason, node="node1", time_left="1:00")


CASES: list[tuple[list[str], Queued | None, str, str]] = [
    ([], said("PENDING", "Priority"), "queued", "Priority"),
    ([], said("CONFIGURING"), "running", ""),
    (["started"], said("RUNNING"), "running", ""),
    (["started"], said("PENDING", "BeginTime"), "queued", "again after: lost with its node, or preempted"),
    (["started", "preempted"], said("COMPLETING"), "running", ""),
    (["started", "preempted"], said("PENDING", "BeginTime"), "queued", "again after: preempted"),
    (["started", "done"], said("COMPLETED"), "done", ""),
    (["started", "done"], None, "done", ""),
    (["started", "killed"], said("FAILED"), "failed", "killed"),
    (["started", "killed"], None, "failed", "killed"),
    (["started", "stopped"], said("CANCELLED"), "failed", "cancelled"),
    (["started", "stopped"], said("PENDING", "BeginTime"), "queued", "again after: stopped"),
    (["started"], said("NODE_FAIL"), "lost", "node fail"),
    (["started"], None, "lost", "Slurm has it no more"),
    ([], said("CANCELLED"), "lost", "never began: cancelled"),
    ([], said("PREEMPTED"), "lost", "never began: preempted"),
    ([], said("NODE_FAIL"), "lost", "never began: node fail"),
    ([], None, "lost", "never began: Slurm has it no more"),
    ([], said("PENDING", "JobHeldAdmin"), "queued", "held by an administrator: ask them to release it"),
    (["started", "killed"], said("PENDING", "JobHeldUser"), "queued", "held: `scontrol release 7_0` lets it start"),
    (
        [],
        said("PENDING", "launch failed requeued held"),
        "lost",
        "stuck in Slurm's queue: launch failed requeued held",
    ),
]


def written(submission: Submission, events: list[str]) -> None:
    """Have the first element's log say this."""
    for event in events:
        kind: Ending | None = None if event == "started" else event  # type: ignore[assignment]
        submission.log(0).write("started" if kind is None else "ended", job_id="7_0", kind=kind)


@pytest.mark.parametrize("case", CASES)
def test_an_elements_state(
    case: tuple[list[str], Queued | None, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events, job, state, reason = case
    submission = made(tmp_path, n=1)
    submission.note_job(submission.arrays[0], "7")
    written(submission, events)
    jobs = {(submission.arrays[0].name, 0): job} if job is not None else {}
    monkeypatch.setattr(queue, "elements", lambda _: jobs)
    (element,) = elements.status(tmp_path).elements
    assert (element.state, element.reason) == (state, reason)
    assert element.open == (state in {"queued", "running"})


def test_what_was_never_taken_is_lost_once_its_submitter_is_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path, n=1)
    monkeypatch.setattr(queue, "elements", lambda _: {})
    (element,) = elements.status(tmp_path).elements
    assert (element.state, element.reason) == ("queued", "being submitted")
    monkeypatch.setattr(elements, "_lives", lambda _: False)
    (element,) = elements.status(tmp_path).elements
    assert (element.state, element.reason) == ("lost", "never began: was never taken by Slurm")


@pytest.mark.parametrize(("events", "state"), [([], "queued"), (["started"], "running"), (["started", "done"], "done")])
def test_nothing_is_lost_while_slurm_does_not_answer(
    events: list[str], state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_: object) -> None:
        raise SlurmError("Unable to contact slurm controller")

    written(made(tmp_path, n=1), events)
    monkeypatch.setattr(queue, "elements", silent)
    now = elements.status(tmp_path)
    assert (now.elements[0].state, now.silent) == (state, "Unable to contact slurm controller")


def test_what_is_lost_is_closed_before_it_is_submitted_again_and_what_is_open_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = made(tmp_path, n=3, size=3)
    (array,) = submission.arrays
    submission.note_job(array, "7")
    stuck = said("PENDING", "launch failed requeued held")
    jobs = {(array.name, 0): said("RUNNING"), (array.name, 1): stuck}
    cancelled: list[str] = []
    monkeypatch.setattr(queue, "elements", lambda _: jobs)
    monkeypatch.setattr(queue, "cancel", lambda ids, **_: cancelled.extend(ids))
    elements.reconcile(elements.status(tmp_path))
    assert [submission.closed(k) is not None for k in range(3)] == [False, True, True]
    assert cancelled == [stuck.job_id]
    assert elements.status(tmp_path).elements
    jobs.clear()
    elements.reconcile(elements.status(tmp_path))
    assert elements.status(tmp_path).elements == []


def test_a_job_that_ended_before_anything_of_ours_ran_says_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = made(tmp_path, n=1)
    submission.note_job(submission.arrays[0], "7")
    submission.stderr("7_0".partition("_")[0] + "").touch()
    (submission.folder / "logs" / "7_0_0_log.err").write_bytes(b"module: no such module\x1b[2J\n\n")
    monkeypatch.setattr(queue, "elements", lambda _: {})
    (element,) = elements.status(tmp_path).elements
    assert (element.state, element.reason) == ("lost", r"never began: module: no such module\x1b[2J")
