"""What a report shows of a store that holds more than one sweep."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from hw1.project import PROJECT
from hw1.tests.sweeps import sweep
from jobs.cli.report import write
from jobs.plan.packs import packs
from jobs.plan.plan import plan
from jobs.status import status
from jobs.sweep import Sweep
from jobs.tests.commands import NOBODY, as_nobody, hw1
from jobs.worker.provenance import Code
from jobs.worker.workload import Work

SWEEP = sweep(studies=("random_labels",), smoke=True)
LOW = replace(SWEEP, options={"precision": "bf16"})
USER = 40_000 + os.getpid() % 9_000  # of this process alone: the limit on processes counts all of a user's
COMMAND = re.compile(r"^hw1 submit --local --study (\w+)(.*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("precisions")
    out.chmod(0o755)  # folders below it are no more open
    pending = packs(SWEEP.runs() + LOW.runs(), n_workers=1)
    Work.of(pending, out=out, origin=PROJECT.origin, device="cpu", code=Code(commit="c" * 40, dirty=False))()
    return out


def page(of: Sweep, out: Path) -> str:
    assert "1 figure, " in [*write(of, out, out / "report")][-1]
    return (out / "report" / "report.md").read_text(encoding="utf-8")


def test_a_page_is_of_one_precision_and_says_which(both: Path) -> None:
    exact, low = page(SWEEP, both), page(LOW, both)
    assert "| precision | float32 |" in exact
    assert "| precision | bfloat16 |" in low
    assert not re.search("bfloat16|bf16", exact)
    assert "float32 |" not in low
    final = [re.findall(r"^\| all runs \| 1 of 1 \|.*$", text, re.MULTILINE) for text in (exact, low)]
    assert len(final[0]) == len(final[1]) == 1
    assert final[0] != final[1]


def test_the_commands_of_a_page_in_bfloat16_are_such_as_the_command_line_takes(both: Path) -> None:
    commands = dict(COMMAND.findall(page(LOW, both)))
    precision = next(option for option in PROJECT.options if option.name == "precision")
    assert "--precision bf16" in commands["random_labels"]
    assert {name: "--precision" in options for name, options in commands.items()} == {
        name: precision.is_able(PROJECT.by_name[name], "report", "bf16") for name in commands
    }


def test_looking_and_reporting_leave_a_damaged_store_as_it_is_and_name_the_damage(both: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(both / "store", out / "store")
    path = next((out / "store" / "parts" / "curves").iterdir())
    path.write_bytes(path.read_bytes()[:-1])
    before = {p: p.stat().st_mtime_ns for p in (out / "store").rglob("*")}
    size = path.stat().st_size
    reason = f"it has {size} bytes, {size + 1} were written"
    line = f"{path} is damaged ({reason}): its runs are shown as pending; `hw1 collect` sets it aside"
    assert status(out).damaged == plan(SWEEP.runs(), PROJECT, out=out, n_workers=1).damaged == [line]
    assert next(write(SWEEP, out, tmp_path / "mine")) == line
    assert {p: p.stat().st_mtime_ns for p in (out / "store").rglob("*")} == before


def everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Content and time of every file."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_a_report_leaves_the_store_as_it_is(both: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(both / "store", out / "store")
    before = everything(out)
    told = [*write(SWEEP, out, tmp_path / "mine")]
    assert told[-2] == f"1 of 1 runs are in {out / 'store'}"
    assert told[-1] == f"1 figure, {tmp_path / 'mine' / 'report.html'} and report.md"
    assert everything(out) == before
    assert (tmp_path / "mine" / "report.html").exists()


def test_a_colleagues_store_that_can_only_be_read_is_reported_elsewhere(both: Path) -> None:
    command = ("report", "--smoke", "--study", "random_labels")
    with tempfile.TemporaryDirectory() as place:
        out, mine = Path(place) / "out", Path(place) / "mine"
        shutil.copytree(both / "store", out / "store")
        own = hw1(*command, "--to", str(Path(place) / "own"), out=out)
        assert own.returncode == 0
        Path(place).chmod(0o755)
        mine.mkdir()
        os.chown(mine, NOBODY, NOBODY)
        before = everything(out)
        with as_nobody():
            refused = hw1(*command, out=out)
            shown = hw1(*command, "--to", str(mine), out=out)
        assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
        assert refused.stderr.startswith("hw1: the report cannot be written: ")
        assert refused.stderr.endswith("; give another --to\n")
        assert (shown.returncode, shown.stderr) == (0, "")
        assert (mine / "report.md").read_bytes() == (Path(place) / "own" / "report.md").read_bytes()
        assert everything(out) == before


@pytest.mark.parametrize("wrong", ["a file", "below a file", "too long", "a link to nowhere"])
def test_a_report_that_cannot_be_written_is_one_line_and_exit_2(wrong: str, both: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "none" / "nowhere")
    places = {"a file": "file", "below a file": "file/x", "too long": "x" * 256, "a link to nowhere": "link"}
    done = hw1("report", "--smoke", "--study", "random_labels", "--to", str(tmp_path / places[wrong]), out=both)
    assert done.returncode == 2
    assert done.stderr.startswith("hw1: the report cannot be written: ")
    assert len(done.stderr.splitlines()) == 1
    assert (tmp_path / "file").read_text() == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "n"), [("report --to", 2), ("report --to", 7), ("export csv", 2), ("export csv", 5)]
)
def test_a_user_who_may_start_few_threads_gets_the_same_or_one_line(command: str, n: int, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("being a user with no other process takes root")
    source = (
        ["--from", "reference", "--study", "simulate", "--study", "parameters"]
        if command == "report --to"
        else ["--preset", "extended", "--out", str(PROJECT.reference)]
    )
    (place := tmp_path / "made").mkdir()
    os.chown(place, USER + n, -1)
    words = [sys.executable, "-m", "hw1", *command.split(), str(place / "it"), *source]
    user = ["setpriv", f"--reuid={USER + n}", "--clear-groups", "--inh-caps=-all,+dac_read_search,+dac_override"]
    user += ["--ambient-caps=+dac_read_search,+dac_override"]  # the interpreter may lie where only root looks
    limit = ["bash", "-c", f'ulimit -u {n}; exec "$@"', "bash"]
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "HOME": str(place), "MPLCONFIGDIR": str(place)}
    done = subprocess.run(
        [*user, *limit, *words], capture_output=True, text=True, check=False, env=env, cwd=Path(__file__).parents[2]
    )
    assert "Traceback" not in done.stderr
    if n == 2:
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done
    else:
        assert done.returncode == 0, done.stderr
        assert (place / "it").exists()
