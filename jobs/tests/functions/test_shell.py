"""Commands as runs: their parameters, numbers, errors, and their end."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs import Run, Study, grid, shell_study
from jobs.errors import ProjectError
from jobs.functions import shell
from jobs.functions.run import Progress
from jobs.functions.shell import ShellError, filled
from jobs.state import State


class Stop(BaseException):
    """As a worker stops a pack."""


def drive(of: Study, see: Callable[[State], None] = lambda _: None) -> State:
    last: State = of.kinds[0].drive(list(of.specs("all", None)), device=None, see=see)
    return last


def test_parameters_are_filled_in_quoted_and_other_braces_stay() -> None:
    run = Run(run_id="ab", here=Path("/a b"), device_asked="cpu")
    values = {"lr": 0.001, "name": "it's; rm", "flag": True, "layers": [8, 32]}
    text = "{here}/t --lr {lr} {name} {flag} {layers} ${lr} {{print}} {device}"
    quoted = """'/a b'/t --lr 0.001 'it'"'"'s; rm' true '[8, 32]' ${lr} {print} cpu"""
    assert filled(text, values, run=run) == quoted


def test_a_study_may_be_a_command_and_its_last_line_of_json_are_its_numbers() -> None:
    of = shell_study("sums", "echo '{{\"x\": 0}}'; echo '{{\"x\": '{a}{b}'}}'; echo done", runs=grid(a=[1, 2], b=[3]))
    tables = drive(of).tables
    assert tables is not None
    assert tables["sums.runs"] == {"run_id": tables["runs"]["run_id"], "a": [1, 2], "b": [3, 3], "x": [13, 23]}


@pytest.mark.parametrize(
    "after", ["", "; echo done", "; echo '{{'; echo ' no JSON'; echo '}}'; echo end", "; echo '{{draft}}'; echo end"]
)
def test_an_object_may_take_several_lines(after: str) -> None:
    printed = json.dumps({"x": 2, "y": {"z": [1]}}, indent=2).replace("{", "{{").replace("}", "}}")
    assert Run().shell(f"echo '{{{{\"x\": 1}}}}'; echo '{printed}'{after}", numbers=None) == {"x": 2, "y": {"z": [1]}}


def test_numbers_may_be_a_file_and_output_goes_to_the_log(capfd: Any) -> None:
    run = Run(params={"lr": 0.5})
    assert run.shell("echo hello; echo err >&2; echo '{{\"x\": {lr}}}' > out.json", numbers="out.json") == {"x": 0.5}
    assert capfd.readouterr().out == "hello\nerr\n"
    run.end()


@pytest.mark.parametrize(
    ("command", "numbers", "words"),
    [
        ("seq 30; exit 3", None, r"^'seq 30; exit 3' failed; its last lines:\n11\n(\d+\n)*30\nexit code 3$"),
        ("kill -9 $$", None, "killed by SIGKILL$"),
        ("./train.sh", None, r"exit code 127 \(it runs in a folder of its own: write \{here\}/…\)$"),
        ("true", "out.json", r"it wrote no out.json into its folder \(No such file or directory\)$"),
        ("echo 3 > a", "a", "a must be a JSON object, got int$"),
        ("echo x > a", "a", "a is no JSON: "),
        (
            """echo '{{"x": 1}}'; echo '{{"x": 2'; echo""",
            None,
            r"its last line is no JSON: Expecting ',' delimiter: .*$",
        ),
        ("""echo '{{"x": 1}}'; printf '{{\n "x": 2\n'""", None, "its last JSON object has no end$"),
    ],
)
def test_a_command_that_fails_ends_with_why(command: str, numbers: str | None, words: str) -> None:
    with pytest.raises(ShellError, match=words):
        Run().shell(command, numbers=numbers)


def test_a_field_that_stands_for_nothing_is_refused_when_it_is_declared() -> None:
    with pytest.raises(ProjectError, match=r"study `s`: `\{b\}` in its command stands for nothing: there are a, here"):
        shell_study("s", "echo {b}", runs=grid(a=1))
    with pytest.raises(ShellError, match=r"`\{b\}` stands for nothing: there are a, .* write \{\{b\}\} for braces"):
        Run(params={"a": 1}).shell("echo {b}")


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_stop_reaches_the_commands_whole_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "TICK_S", 0.1)
    monkeypatch.setattr(shell, "PATIENCE_S", 0.5)
    pids = tmp_path / "pids"

    def see(state: State) -> None:
        if pids.exists() and len(pids.read_text().split()) == 2:
            assert dict(state.values)["kept"]
            raise Stop

    command = "trap '' TERM; echo $$ >> {pids}; bash -c 'trap \"\" TERM; echo $$ >> {pids}; sleep 60' & wait; sleep 60"
    with pytest.raises(Stop):
        drive(shell_study("s", command, runs=grid(pids=str(pids))), see)
    deadline = time.monotonic() + 60
    while any(map(is_running, map(int, pids.read_text().split()))) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(map(is_running, map(int, pids.read_text().split())))


@pytest.mark.parametrize("command", ["kill -USR2 $$", "bash -c 'kill -USR2 $$'; exit $?", "exit 3"])
def test_a_command_that_a_stop_has_ended_has_not_failed(command: str) -> None:
    def see(_: State) -> None:
        raise Stop

    study = shell_study("s", command, runs=grid(a=[1]))
    with pytest.raises(Stop):
        drive(study, see)
    with pytest.raises(ShellError, match=r"(killed by SIGUSR2|exit code (140|3))$"):
        drive(study)


def test_a_command_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "TICK_S", 0.05)
    begun = time.monotonic()
    with pytest.raises(ShellError, match=r"stopped after 0.2 s$"):
        Run().shell("sleep 600 & sleep 600", timeout_s=0.2)
    assert time.monotonic() - begun < 300, "it did not wait for its command"


def test_what_can_be_saved_while_a_command_runs_is_how_its_step_began(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "TICK_S", 0.05)
    saved: list[Progress] = []
    run, seen = Run(pulse=lambda _, __, progress: saved.append(progress())), [0]
    for step in run.steps(3, keep={"seen": seen}):
        seen.append(step)
        if step == 1:
            run.shell("sleep 0.3")
            before = saved[-1].now
        run.shell("true")
    again = Run(progress=Progress(now=before))
    rest = again.steps(3, keep={"seen": seen})
    assert (list(rest), seen) == ([1, 2], [0, 0])
