"""Submissions: all of it, within the cluster's limits, once, whoever dies, and with the code of that moment."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.tests.cluster.faults import checkout_of, killing_sbatch
from jobs.tests.cluster.test_faults import HUNDRED, N_WALKS, ONE, WALK, assert_as_uninterrupted
from jobs.tests.cluster.user import ROOT, Stored, User
from jobs.tests.stored import stored
from results.tests.stores import Store
from slurm.devcluster import Options

Local = Callable[..., Stored]

MANY = ("--study", "leap")
"""310 runs, each in a pack of its own."""


@pytest.mark.every_slurm
def test_the_smoke_sweep_and_its_report_from_a_script(user: User, uninterrupted: Local) -> None:
    script = " && ".join(
        " ".join(f"'{word}'" for word in user.command(*words))
        for words in (("submit", "--profile", "devcluster", "--wait", "--smoke"), ("report", "--smoke"))
    )
    done = user.cluster.run(["bash", "-c", script], timeout_s=600, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all 130 runs are done" in done.stdout
    assert "21 figures" in done.stdout
    assert_as_uninterrupted(user, 130, uninterrupted("--smoke"))


@pytest.mark.alone
def test_120_tasks_where_30_jobs_are_allowed_and_arrays_of_51(walker: User, uninterrupted: Local) -> None:
    walker.cluster.restart(Options(max_array_size=51, max_submit=30))
    planned = json.loads(walker.hw1("plan", *MANY, "--workers", "120", "--profile", "devcluster", "--json").stdout)
    assert len(planned) == 120
    script = walker.hw1("plan", *MANY, "--workers", "120", "--profile", "devcluster", "--script").stdout
    assert re.findall(r"--array=(\S+)", script) == ["0-50%4", "0-50%4", "0-17%4"]
    assert not walker.out.exists()
    said = walker.finish(*MANY, "--workers", "120", profile=walker.profile(submit_cap=30))
    assert "310 runs in 120 tasks handed to Slurm" in said
    assert len(re.findall(r"30 job\(s\), array \d+\[0-29\]", said)) == 1
    assert_as_uninterrupted(walker, 310, uninterrupted(*MANY, project=walker.project))


@pytest.mark.alone
def test_a_cap_that_the_profile_does_not_know_is_found_and_nothing_is_left_of_what_was_refused(walker: User) -> None:
    walker.cluster.restart(Options(max_submit=5))
    later = walker.profile(submit_cap=0, sbatch={"begin": "now+20"})
    said = walker.submit(*MANY, "--workers", "10", profile=later)
    assert "5 job(s)" in said
    assert len(list((walker.out / "submissions").iterdir())) == 1
    full = walker.hw1("submit", "--profile", "devcluster", *WALK)
    assert full.returncode == 2
    assert "nothing was submitted: " in full.stderr
    assert "AssocMaxSubmitJobLimit" in full.stderr
    assert len(list((walker.out / "submissions").iterdir())) == 1
    walker.until(lambda states: states["done"] == 310, *MANY)
    walker.finish(*WALK)


@pytest.mark.parametrize("moment", ["before", "during", "after"])
def test_a_submitter_killed_around_sbatch_loses_no_run_and_submits_none_twice(
    moment: str, walker: User, uninterrupted: Local
) -> None:
    wrapped = killing_sbatch(walker.cluster, walker.cluster.shared / f"{walker.out.name}-bin", moment)
    dead = walker.hw1("submit", "--profile", "devcluster", *WALK, "--workers", "1", path=wrapped)
    assert dead.returncode == -9, dead
    if moment == "after":
        assert walker.states(*WALK)["pending"] + walker.states(*WALK)["lost"] == 0
    walker.finish(*WALK, "--workers", "1")
    assert_as_uninterrupted(walker, N_WALKS, uninterrupted(*WALK, project=walker.project))


@pytest.mark.every_slurm
def test_two_submitters_at_once_submit_every_run_once(walker: User, uninterrupted: Local) -> None:
    both = [walker.start("submit", "--profile", "devcluster", *WALK, "--workers", "2") for _ in range(2)]
    said = [each.communicate(timeout=60) for each in both]
    codes = [each.returncode for each in both]
    assert 0 in codes, said
    assert set(codes) <= {0, 2}, said
    refused = [err for (_, err), code in zip(said, codes, strict=True) if code]
    assert all("is training or submitting into" in err for err in refused)
    walker.finish(*WALK)
    logs = [path.read_text() for path in (walker.out / "submissions").glob("*/elements/*.log")]
    assert [text.count('"started"') for text in logs] == [1, 1]
    assert_as_uninterrupted(walker, N_WALKS, uninterrupted(*WALK, project=walker.project))


def test_a_job_can_submit(walker: User, uninterrupted: Local) -> None:
    command = " ".join(
        f"'{word}'" for word in walker.command("submit", "--profile", "devcluster", *WALK, "--workers", "1")
    )
    job = walker.cluster.run(
        [
            "sbatch",
            "--parsable",
            "--mem=1G",
            f"--output={walker.cluster.shared}/{walker.out.name}.out",
            "--wrap",
            command,
        ],
        timeout_s=30,
        cwd=ROOT,
    )
    assert job.returncode == 0, job.stderr
    walker.until(lambda states: states["done"] == N_WALKS, *WALK)
    assert_as_uninterrupted(walker, N_WALKS, uninterrupted(*WALK, project=walker.project))


@pytest.fixture
def checkout(user: User) -> Path:
    """A checkout of the user's own, to edit."""
    return checkout_of(user.cluster.shared / f"{user.out.name}-checkout")


def edit(path: Path, old: str, new: str) -> None:
    """Change a file."""
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


@pytest.mark.alone
def test_edits_do_not_reach_jobs_that_are_queued(user: User, checkout: Path, uninterrupted: Local) -> None:
    user.code = checkout
    user.occupy(seconds=8)
    user.submit(*ONE)
    assert user.states(*HUNDRED)["queued"] == 100
    edit(checkout / "hw1" / "train.py", "def train(", 'raise RuntimeError("edited")\n\n\ndef train(')
    for path in (checkout / "hw1" / "mnist").iterdir():
        path.unlink()
    user.until(lambda states: states["done"] == 100, *HUNDRED)
    assert_as_uninterrupted(user, 100, uninterrupted(*HUNDRED))


def test_a_run_that_leaves_the_numbers_fails_alone(user: User, checkout: Path, uninterrupted: Local) -> None:
    user.code = checkout
    edit(
        checkout / "hw1" / "studies" / "minimal_ratio" / "__init__.py",
        'measures="spectrum",',
        'measures="spectrum",\n            learning_rate=1e30 if seed == 13 else 1e-3,',
    )
    done = user.hw1("submit", "--profile", "devcluster", "--wait", *ONE)
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"seed 13: nan: ", done.stdout)
    expected = uninterrupted(*HUNDRED)["runs"]
    rows = stored(user.out)["runs"]
    assert len(rows) == 99
    assert set(rows) < set(expected)


FAULTY = """
    if any(spec.seed == 13 for spec in specs):
        raise ZeroDivisionError("seed 13 is unlucky")
"""


def test_an_exception_in_one_run_of_a_pack_fails_that_run_alone(
    user: User, checkout: Path, uninterrupted: Local
) -> None:
    user.code = checkout
    train = checkout / "hw1" / "train.py"
    before = train.read_text()
    docstring_end = before.index('"""', before.index('"""', before.index("def train(")) + 3) + 3
    train.write_text(before[:docstring_end] + FAULTY + before[docstring_end:])
    done = user.hw1("submit", "--profile", "devcluster", "--wait", *ONE)
    assert done.returncode == 1
    assert re.search(r"failed: \w{16} minimal_ratio .* seed 13: exception: ZeroDivisionError: seed 13", done.stdout)
    assert user.states(*HUNDRED) == {"done": 99, "failed": 1}
    failed = next(record for record in user.status(*HUNDRED) if record["state"] == "failed")
    assert "Traceback" in user.hw1("logs", failed["run_id"]).stdout
    assert "99 of 100 runs are done" in user.submit(*ONE, code=1)
    train.write_text(before)
    assert "no such run" in user.hw1("retry", "--kind", "nan", *HUNDRED).stdout
    assert "1 run(s) are pending again" in user.hw1("retry", "--kind", "exception", *HUNDRED).stdout
    user.finish(*ONE)
    assert_as_uninterrupted(user, 100, uninterrupted(*HUNDRED))


def test_logs_of_a_task_and_cleaning_up(user: User) -> None:
    sweep = ("--smoke", "--study", "simulate")
    user.finish(*sweep)
    before = stored(user.out)
    user.until_says("slurm.node: ended: done", "logs", "00-simulate")
    assert "removed 2 folder(s)" in user.hw1("clean").stdout
    assert not list((user.out / "code").iterdir())
    assert stored(user.out) == before
    assert "all 6 runs are done" in user.submit(*sweep)


BALLAST = """
    import numpy as np

    ballast = np.ones((len(specs), 4_000_000))
    if len(specs) > 30:
        time.sleep(4)
"""


def test_a_pack_that_is_too_much_for_the_memory_is_halved(user: User, checkout: Path, uninterrupted: Local) -> None:
    user.code = checkout
    train = checkout / "hw1" / "train.py"
    before = train.read_text()
    docstring_end = before.index('"""', before.index('"""', before.index("def train(")) + 3) + 3
    train.write_text(before[:docstring_end] + "\n    import time\n" + BALLAST + before[docstring_end:])
    user.submit(*ONE, profile=user.profile(memory_gb=1.9))
    user.until(lambda states: states["done"] == 100, *HUNDRED)
    assert "ended: memory, requeued" in user.words()
    assert "training its halves instead" in user.logs()
    assert sorted({row["n_pack"] for row in Store(user.out).read("runs").to_pylist()}) == [25]
    assert_as_uninterrupted(user, 100, uninterrupted(*HUNDRED))


@pytest.mark.alone
def test_cancelling_takes_back_runs_studies_submissions_and_all(user: User) -> None:
    user.occupy(seconds=300)
    sweep = ("--smoke", "--study", "simulate", "--study", "gradient_norm")
    user.submit(*sweep, "--workers", "1")
    first = user.status(*sweep)[0]["run_id"]
    assert user.hw1("cancel", first).returncode == 1
    assert user.states(*sweep) == {"queued": 7}
    assert "1 run(s) are taken out of jobs that go on" in user.hw1("cancel", first, "--yes").stdout
    assert user.states(*sweep) == {"queued": 6, "pending": 1}
    assert "1 run(s)" in user.hw1("cancel", "gradient_norm", "--yes").stdout
    assert user.states(*sweep) == {"queued": 5, "pending": 2}
    user.submit(*sweep)
    assert user.states(*sweep) == {"queued": 7}
    place = min((user.out / "submissions").iterdir())
    assert "1 job(s) with 5 run(s) end" in user.hw1("cancel", place.name, "--yes").stdout
    assert user.hw1("cancel", "ffff", "--yes").returncode == 2
    assert "1 job(s) with 2 run(s) end" in user.hw1("cancel", "--all", "--yes").stdout
    user.until(lambda states: states["pending"] == 7, *sweep)
    user.cluster.slurm("scancel", "--user=hw1user")
    user.finish(*sweep)
    assert "nothing to cancel" in user.hw1("cancel", "--all").stdout


def test_the_login_node_is_spared(user: User) -> None:
    user.submit("--smoke", "--study", "simulate")
    watching = user.start("status", "--watch", "--smoke", "--study", "simulate")
    time.sleep(2)
    children = Path(f"/proc/{watching.pid}/task/{watching.pid}/children").read_text().split()
    memory_mb = int(re.findall(r"VmHWM:\s+(\d+)", Path(f"/proc/{watching.pid}/status").read_text())[0]) / 1024
    watching.communicate(timeout=120)
    assert watching.returncode == 0
    assert len(children) <= 1
    assert memory_mb < 250
