"""The commands as a user types them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jobs.tests.commands import APP, hw1

ROOT = Path(__file__).parents[2]
COMMANDS = [command.name or command.callback.__name__ for command in APP.registered_commands if command.callback]


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
