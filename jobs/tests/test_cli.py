"""The commands as a user types them."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hw1.project import REFERENCE
from hw1.tests.page.shown import CLAIMS, EXTENDED, FIGURES, LEFT_OUT
from hw1.tests.readme import README, renewed, tables
from hw1.tests.recomputed.__main__ import differences
from jobs.tests.commands import APP, hw1
from jobs.tests.stored import stored
from jobs.worker.heartbeats import Heartbeats
from results.layout import layout

ROOT = Path(__file__).parents[2]
HW1 = (sys.executable, "-c", "from jobs.cli.app import main; main()")
WALKS = ("-p", str(ROOT / "jobs" / "tests" / "projects" / "walks.py"))
WALK = ("--study", "walk", "--seeds", "1")
COMMANDS = [command.name or command.callback.__name__ for command in APP.registered_commands if command.callback]


def submit(*sweep: str, out: Path, project: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Train in a process of its own, which it hands its signals to."""
    command = [*HW1, *project, "submit", "--local", *sweep, "--out", str(out)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=240, check=False)


def without_torch(*arguments: str, out: Path) -> subprocess.CompletedProcess[str]:
    """Run a command where torch cannot be imported."""
    code = "import sys; sys.modules['torch'] = None; from jobs.cli.app import main; main()"
    command = [sys.executable, "-c", code, *arguments, "--out", str(out)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=900, check=False)


def started(*arguments: str, out: Path) -> subprocess.Popen[str]:
    """Start a command in a session of its own, as a shell's foreground job."""
    command, said = [*HW1, *arguments, "--out", str(out)], subprocess.PIPE
    return subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, text=True, cwd=ROOT, start_new_session=True)


def until_training(out: Path, timeout: float = 120) -> int:
    """Wait until a worker has begun a pack; its process id."""
    late = time.monotonic() + timeout
    while time.monotonic() < late:
        for beat in Heartbeats(out).read():
            return int(beat.job_id.removeprefix("local-"))
        time.sleep(0.05)
    raise TimeoutError("no worker began")


def test_every_command_is_in_the_readme_and_its_help_has_an_example() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(COMMANDS) >= 8
    for name in COMMANDS:
        assert f"hw1 {name}" in readme, name
        shown = CliRunner().invoke(APP, [name, "--help"])
        assert shown.exit_code == 0
        assert f"Example: hw1 {name}" in shown.output, name


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["status"], ["plan"]])
def test_what_only_looks_imports_neither_torch_nor_matplotlib_nor_pandas(arguments: list[str], tmp_path: Path) -> None:
    code = (
        f"import sys; sys.argv = ['hw1', *{arguments!r}]\nfrom jobs.cli.app import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print({'torch', 'matplotlib', 'pandas', 'torchvision'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True, env=with_path(ROOT)
    )
    assert done.stderr.strip().splitlines()[-1] == "set()"


def with_path(root: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(root)}


def test_list_prints_130_runs_as_a_table_and_as_json(tmp_path: Path) -> None:
    text = hw1("list", out=tmp_path / "none").stdout
    assert text.strip().endswith("130 runs: 130 pending")
    assert len(re.findall(r"^[0-9a-f]{16} ", text, re.MULTILINE)) == 130
    records = json.loads(hw1("list", "--json", out=tmp_path / "none").stdout)
    assert len(records) == 130
    assert {"run_id", "study", "section", "n_params", "seed", "state"} <= records[0].keys()
    assert not (tmp_path / "none").exists()


def test_plan_names_every_pending_run_once(tmp_path: Path) -> None:
    planned = json.loads(hw1("plan", "--json", "--workers", "2", out=tmp_path).stdout)
    assert sorted(i for task in planned for i in task["run_ids"]) == sorted(
        record["run_id"] for record in json.loads(hw1("list", "--json", out=tmp_path).stdout)
    )
    assert "130 of 130 runs pending" in hw1("plan", out=tmp_path).stdout


def test_where_nvidia_smi_lists_gpus_one_task_a_gpu_is_planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list is pretended: this machine need not have a GPU."""
    listing = tmp_path / "nvidia-smi"
    listing.write_text("#!/bin/sh\necho 0\necho 1\n")
    listing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    sweep = ("plan", "--study", "actual_task", "--study", "minimal_ratio", "--json", "--workers", "8")
    tasks = json.loads(hw1(*sweep, out=tmp_path / "out").stdout)
    assert {(*task["studies"], task["gpus"]) for task in tasks} == {("actual_task", 1), ("minimal_ratio", 0)}
    assert all((task["gpu_hours"] > 0) == (task["gpus"] > 0) for task in tasks)
    on_cpu = json.loads(hw1(*sweep, "--device", "cpu", out=tmp_path / "out").stdout)
    assert not any(task["gpus"] or task["gpu_hours"] for task in on_cpu)
    refused = hw1("plan", "--study", "minimal_ratio", "--device", "cuda", out=tmp_path / "out")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "none of these studies takes a GPU" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["list", "--study", "simulat"], "unknown study 'simulat': it must be one of simulate,"),
        (["submit", "--local", "--preset", "paper"], "unknown preset 'paper': it must be one of report, notebook"),
        (["submit", "--profile", "palmetto2"], "profile must be a file or one of devcluster, generic, palmetto"),
        (["submit", "--profile", "/dev/zero"], "profile /dev/zero must be a file to read, got: it is not a plain file"),
        (["submit", "--local", "--sbatch", "qos=a"], "`--sbatch` changes what a cluster is asked for: give `--profile"),
        (["submit", "--profile", "palmetto", "--sbatch", "qso=a"], "qso: must be a long option of sbatch"),
        (["submit", "--local", "--seeds", "0"], "`--seeds` must be at least 1, got 0"),
        (["submit", "--local", "--workers", "0"], "`--workers` must be at least 1, got 0"),
        (["submit", "--local", "--device", "tpu"], "unknown device 'tpu': it must be one of auto, cpu, cuda"),
        (["submit"], "say where to train: `--local`"),
        (["submit", "--local", "--workers", "1000000001"], "`--workers` must be at most 1,000,000, got 1000000001"),
        (
            ["submit", "--local", "--dataset", "cifar"],
            "unknown dataset 'cifar': it must be one of mnist, fashion-mnist",
        ),
        (
            ["retry", "--kind", ""],
            "unknown kind of failure '': it must be one of nan, memory, killed, needs, exception",
        ),
        (["report", "--from", ""], "`--from` must be reference"),
        (["plan", "--profile", " "], "`--profile` must have a value, got ' ': is a variable of your shell unset?"),
        (["report"], "hw1 submit --local"),
        (["report", "--from", "elsewhere"], "`--from` must be reference"),
        (["logs", "ffff"], "'ffff' is no run, task, job or submission"),
    ],
)
def test_bad_input_is_one_clear_line_exit_2_and_nothing_started(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    done = hw1(*arguments, out=tmp_path / "out")
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", [["list"], ["report"], ["cancel", "--all"], ["clean"], ["bench"]])
def test_an_output_folder_without_a_name_is_refused(command: list[str]) -> None:
    done = hw1(*command, "--out", "")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "hw1: `--out` must have a value, got '': is a variable of your shell unset?\n"


def test_versions_are_told_without_importing_torch() -> None:
    code = "import sys; sys.modules['torch'] = None; from jobs.cli.app import main; main()"
    told = subprocess.run(
        [sys.executable, "-c", code, "--version"], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert re.fullmatch(r"hw1 \S+\ncommit .+\nPython 3\.\d+\.\S+\ntorch \d.*\n", told.stdout)


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_h_is_help(command: list[str]) -> None:
    assert hw1(*command, "-h").stdout == hw1(*command, "--help").stdout


def test_an_output_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    done = hw1("submit", "--local", "--smoke", out=tmp_path / "out")
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert "is a file; give another --out" in done.stderr


def test_a_store_of_another_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "schema.json").write_text('{"schema": 999, "tables": {}}')
    for command in (["submit", "--local"], ["status"], ["collect"]):
        done = hw1(*command, out=tmp_path)
        assert done.returncode == 2, done
        assert "999" in done.stderr


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two studies, trained without a fault."""
    out = tmp_path_factory.mktemp("uninterrupted")
    done = submit(*TWO, out=out)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study in plain Python, without a fault."""
    out = tmp_path_factory.mktemp("walked")
    assert submit(*WALK, out=out, project=WALKS).returncode == 0
    return out


TWO = ("--smoke", "--study", "gradient_norm", "--study", "minimal_ratio")


def test_a_second_submission_starts_no_worker_and_says_that_all_is_done(uninterrupted: Path) -> None:
    before = sorted(path.name for path in (uninterrupted / "local").iterdir())
    again = submit(*TWO, out=uninterrupted)
    assert again.returncode == 0
    assert "all 101 runs are done" in again.stdout
    assert sorted(path.name for path in (uninterrupted / "local").iterdir()) == before


def test_status_and_logs_tell_of_what_is_done(uninterrupted: Path) -> None:
    records = json.loads(hw1("status", "--json", *TWO, out=uninterrupted).stdout)
    assert [record["state"] for record in records] == ["done"] * 101
    text = hw1("logs", records[0]["run_id"][:6], out=uninterrupted).stdout
    assert "committed 1 run(s)" in text
    assert re.search(r"gradient_norm +1 ", hw1("status", *TWO, out=uninterrupted).stdout)


def test_collect_and_report_need_no_torch_and_say_what_is_missing(uninterrupted: Path) -> None:
    said = hw1("collect", "--smoke", "--study", "gradient_norm", "--study", "random_labels", out=uninterrupted)
    assert said.returncode == 0
    assert "missing: " in said.stdout
    assert "collected 1 of 2 runs" in said.stdout
    shown = without_torch("report", "--study", "gradient_norm", out=uninterrupted)
    assert shown.returncode == 0, shown.stderr
    assert "no full run is done: showing the smoke runs" in shown.stdout
    assert "2 figures" in shown.stdout
    page = (uninterrupted / "report" / "report.html").read_text(encoding="utf-8")
    assert "SMOKE" in page


@pytest.mark.slow
def test_the_report_and_the_readmes_verdicts_are_of_the_results_that_come_with_the_code_without_torch(
    tmp_path: Path,
) -> None:
    shown = without_torch("report", "--from", "reference", out=tmp_path)
    assert shown.returncode == 0, shown.stderr
    n_figures = len(FIGURES + EXTENDED) + (REFERENCE / "bench.parquet").exists()
    assert f"{n_figures} figures" in shown.stdout
    assert not (tmp_path / "store").exists()
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert all(f'id="claim-{claim.name}"' in page for claim in CLAIMS + LEFT_OUT)
    assert "SMOKE" not in page
    told = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    readme = README.read_text(encoding="utf-8")
    assert len(tables(told)) == 2
    assert renewed(readme, told) == readme, "python -m hw1.tests.readme writes it anew"
    assert [*differences(layout(REFERENCE).folder, told)] == [], "numbers as other code computes them"
    first = re.search(r"^- \*\*.*", told, flags=re.MULTILINE)
    assert first
    wrong = re.sub(r"\d(?= of )", lambda digit: str((int(digit[0]) + 1) % 10), first[0])
    assert len([*differences(layout(REFERENCE).folder, told.replace(first[0], wrong))]) == 1


def test_a_terminated_submission_keeps_all_and_continues_to_the_same_bits(uninterrupted: Path, tmp_path: Path) -> None:
    _stopped_and_continued(tmp_path, lambda pid: os.kill(pid, signal.SIGTERM), *TWO)
    assert stored(tmp_path) == stored(uninterrupted)


@pytest.mark.parametrize("send", [os.killpg, os.kill])
def test_an_interrupted_submission_keeps_all_and_continues_to_the_same_bits(
    send: Callable[[int, int], None], walked: Path, tmp_path: Path
) -> None:
    """From a terminal its workers are interrupted too."""
    _stopped_and_continued(tmp_path, lambda pid: send(pid, signal.SIGINT), *WALK, project=WALKS)
    assert stored(tmp_path) == stored(walked)


def _stopped_and_continued(out: Path, stop: Callable[[int], None], *sweep: str, project: tuple[str, ...] = ()) -> None:
    running = started(*project, "submit", "--local", *sweep, out=out)
    worker = until_training(out)
    stop(running.pid)
    said, _ = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert "the same command continues" in said
    assert not Path(f"/proc/{worker}").exists()
    done = submit(*sweep, out=out, project=project)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_a_worker_killed_with_9_is_named_and_the_next_submission_continues_to_the_same_bits(
    walked: Path, tmp_path: Path
) -> None:
    running = started(*WALKS, "submit", "--local", *WALK, out=tmp_path)
    os.kill(until_training(tmp_path), signal.SIGKILL)
    said, _ = running.communicate(timeout=120)
    assert running.returncode == 1, said
    assert "killed" in said
    done = submit(*WALK, out=tmp_path, project=WALKS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert stored(tmp_path) == stored(walked)


def test_of_two_submissions_into_one_folder_the_second_is_refused(tmp_path: Path) -> None:
    first = started(*WALKS, "submit", "--local", *WALK, out=tmp_path)
    until_training(tmp_path)
    second = submit(*WALK, out=tmp_path, project=WALKS)
    assert second.returncode == 2
    assert f"process {first.pid} " in second.stderr
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=60)


def test_a_damaged_part_is_kept_aside_and_named_and_its_runs_are_trained_again(tmp_path: Path) -> None:
    study = ("--study", "leap", "--set", "seed=0")
    assert submit(*study, out=tmp_path, project=WALKS).returncode == 0
    before = stored(tmp_path)
    (part,) = (tmp_path / "store" / "parts" / "leap.runs").iterdir()
    part.write_bytes(part.read_bytes()[:-7])
    again = submit(*study, out=tmp_path, project=WALKS)
    assert again.returncode == 0
    assert part.name in again.stdout
    assert "damaged" in again.stdout
    assert "trained 1 run in " in again.stdout
    assert list((tmp_path / "store" / "damaged").rglob("*.parquet"))
    assert stored(tmp_path) == before


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Path:
    """A file system of half a MiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a tmpfs takes root")
    place = tmp_path / "tiny"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_refused_before_anything_starts(tiny_disk: Path) -> None:
    done = hw1("submit", "--local", "--smoke", out=tiny_disk / "out")
    assert done.returncode == 2
    assert "No space left on device; give another --out" in done.stderr


def test_data_checks_the_embedded_files() -> None:
    done = hw1("data")
    assert (done.returncode, done.stdout.strip()) == (
        0,
        "mnist: 60000 training and 10000 test images, checksums right",
    )


def test_the_list_of_commands_is_whole_in_80_columns() -> None:
    shown = CliRunner().invoke(APP, ["--help"], env={"COLUMNS": "80"}).output
    assert "..." not in shown.partition("Commands:")[2]
    assert max(map(len, shown.splitlines())) <= 80
