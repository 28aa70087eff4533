"""How a project is found, begun, and refused in one line."""

import os
from pathlib import Path

import pytest

from jobs.imports import project_of
from jobs.tests.commands import hw1

STUDY = """
from jobs import Run, grid, study

@study(runs=grid(lr=[0.1, 0.2], seed=range(3)), minutes=0.001)
def fit(run: Run, *, lr: float, seed: int) -> dict[str, float]:
    for step in run.steps(2):
        run.log(value=step * lr)
    return {"loss": lr + seed}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HW1_PROJECT", raising=False)
    return tmp_path


def test_a_study_that_was_begun_with_init_runs_at_once(here: Path) -> None:
    assert "wrote walks.py and hw1.toml" in hw1("init", "walks.py").stdout
    assert "10 runs: 10 pending" in hw1("list").stdout
    assert "all 10 runs are done" in hw1("submit", "--local", "--smoke").stdout
    assert (here / "out" / "store").is_dir()
    again = hw1("init", "walks.py")
    assert again.returncode == 2
    assert "walks.py is there already" in again.stderr


@pytest.mark.parametrize("name", ["walks", "../walks.py", "a-b.py", ""])
def test_init_takes_the_name_of_a_python_file_alone(name: str) -> None:
    assert "must be a Python file's name" in hw1("init", name).stderr


def test_a_project_is_found_by_option_environment_and_file(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "fits_found.py").write_text(STUDY)
    assert "6 runs: 6 pending" in hw1("-p", "fits_found.py", "list").stdout
    assert "6 runs: 6 pending" in hw1("--project=fits_found.py", "list").stdout
    monkeypatch.setenv("HW1_PROJECT", "fits_found.py")
    assert "6 runs: 6 pending" in hw1("list").stdout
    monkeypatch.delenv("HW1_PROJECT")
    (here / "hw1.toml").write_text('project = "fits_found.py"\nseeds = 5\nout = "there"\n')
    assert "10 runs: 10 pending" in hw1("list").stdout
    assert "6 runs: 6 pending" in hw1("list", "--seeds", "2:5").stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "projct = 'x'",
            "unknown setting 'projct': it must be one of project, out, profile, seeds, preset; did you mean",
        ),
        ("seeds = true", "`seeds` must be a text, got True"),
        ("seeds = 0", r"`seeds` must be at least 1, got 0"),
        ('seeds = "5:3"', r"`seeds` must be two numbers of which the second is larger, got 5:3"),
        ("seeds =", "is no TOML"),
    ],
)
def test_settings_with_mistakes_are_refused_in_one_line(here: Path, text: str, message: str) -> None:
    (here / "hw1.toml").write_text(text)
    done = hw1("list")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert message in done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 / 0", "cannot be imported: ZeroDivisionError: division by zero (wrong"),
        ("def (", "cannot be imported: SyntaxError: "),
        ("x = 1", "has no study: decorate a function with `@study(runs=…)`"),
        (STUDY + STUDY.replace("lr=[0.1", "lr=[0.3").replace("def fit", "def other"), None),
        (STUDY.replace("lr: float", "rate: float"), "fit"),
        (STUDY.replace("[0.1, 0.2]", "[0.1, 0.1]"), "fit"),
        (STUDY.replace("[0.1, 0.2]", "[0.1, {1}]"), "fit"),
    ],
)
def test_a_file_that_is_no_project_is_told_in_one_line(here: Path, text: str, message: str | None) -> None:
    name = f"wrong{abs(hash(text))}.py"
    (here / name).write_text(text)
    done = hw1("-p", name, "list")
    if message is None:
        assert "12 runs: 12 pending" in done.stdout
        return
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert message in done.stderr


@pytest.mark.parametrize(("file", "name"), [("nets/models.py", "nets.models"), ("nets/__init__.py", "nets")])
def test_a_file_of_a_package_is_told_with_the_name_that_it_has_as_a_part_of_it(
    tmp_path: Path, file: str, name: str
) -> None:
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "__init__.py").write_text("from .models import fit")
    (tmp_path / "nets" / "models.py").write_text("from .data import rows")
    done = hw1("-p", str(tmp_path / file), "list", out=tmp_path / "out")
    assert done.stderr.endswith(f"; it is part of a package: in {tmp_path}, `-p {name}`\n")


LISTS = """
from jobs import Run, study

@study(runs=[{"layers": [[8], [4]], "rates": {"a": 0.1, "b": 0.2}}])
def net(run: Run, *, layers: list[list[int]], rates: dict[str, float], drop: float | None = None) -> dict[str, float]:
    return {"loss": 1.0}
"""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "--set", "layers=[[8,2],[1]],[[1]]", "--json"), '"layers": [[8, 2], [1]], '),
        (("list", "--set", 'rates={"a":1,"b":2}', "--json"), '"rates": {"a": 1.0, "b": 2.0}'),
        (("list", "--set", "drop=none"), "`--set`: `drop` must be float or None, got 'none' (str)"),
        (("list", "--seeds", "3"), "`--seeds` changes nothing: no run here has a `seed`\n"),
        (("list", "--study", "26"), "must be one of net; of a run's id give 4 characters or more\n"),
        (("run", "net"), "'net' is no run of this sweep: `hw1 list` prints ids; of an id give at least 4 characters\n"),
    ],
)
def test_what_is_typed_of_lists_seeds_and_ids_is_understood_or_told_in_one_line(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / "of_lists.py").write_text(LISTS)
    done = hw1("-p", str(tmp_path / "of_lists.py"), *arguments, out=tmp_path / "out")
    assert said in done.stdout + done.stderr
    assert done.stderr.count("\n") < 2


def test_a_project_that_is_not_there_is_told_with_what_is() -> None:
    assert "there is no project" in hw1("-p", "nowhere.py", "list").stderr
    assert "give a file (`-p digits.py`), a package, or one of " in hw1("-p", "nowhere", "list").stderr


def test_one_run_is_trained_in_the_foreground_and_stored_nowhere(here: Path) -> None:
    (here / "fits_alone.py").write_text(STUDY)
    first = hw1("-p", "fits_alone.py", "list").stdout.splitlines()[1].split()[0]
    done = hw1("-p", "fits_alone.py", "run", first[:6])
    assert done.returncode == 0, done.stderr
    assert "step 1 of 2" in done.stdout
    assert "fit.runs: 1 row(s): lr 0.1, seed 0, loss 0.1" in done.stdout
    assert not (here / "out").exists()


def test_ids_stand_where_studies_may(here: Path) -> None:
    (here / "fits_ids.py").write_text(STUDY)
    first = hw1("-p", "fits_ids.py", "list").stdout.splitlines()[1].split()[0]
    assert "1 run: 1 pending" in hw1("-p", "fits_ids.py", "list", "--study", first[:8]).stdout
    assert "no run or study ffffffff" in hw1("-p", "fits_ids.py", "list", "--study", "ffffffff").stderr


@pytest.mark.parametrize("arguments", [("-p", "", "list"), ("--project=", "list"), ("list", "--preset", "")])
def test_an_empty_name_is_refused_in_one_line(arguments: tuple[str, ...]) -> None:
    done = hw1(*arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "must have a value, got '': is a variable of your shell unset?" in done.stderr


def test_an_empty_variable_names_no_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HW1_PROJECT", "")
    done = hw1("list")
    assert (done.returncode, done.stdout) == (2, "")
    assert "`$HW1_PROJECT` must have a value, got ''" in done.stderr


@pytest.mark.parametrize("project", ["fits_above.py", "fits_above", "./fits_above.py"])
def test_settings_of_a_folder_above_are_taken_and_their_paths_are_from_there(
    here: Path, monkeypatch: pytest.MonkeyPatch, project: str
) -> None:
    (here / "fits_above.py").write_text(STUDY)
    (here / "hw1.toml").write_text(f'project = "{project}"\nout = "kept"\nseeds = 1\n')
    (here / "some" / "deep").mkdir(parents=True)
    monkeypatch.chdir(here / "some" / "deep")
    assert "2 runs: 2 pending" in hw1("list").stdout
    assert "all 2 runs are done" in hw1("submit", "--local", "--workers", "1").stdout
    assert (here / "kept" / "store").is_dir()
    assert list((here / "some" / "deep").iterdir()) == []
    (here / "some" / "hw1.toml").write_text("seeds = 2\n")
    assert "fit" not in hw1("list", "--study", "simulate").stdout, "the nearest counts alone"


def test_settings_are_sought_no_further_than_the_repository(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "hw1.toml").write_text('project = "gone.py"\n')
    (here / "clone" / ".git").mkdir(parents=True)
    monkeypatch.chdir(here / "clone")
    assert "130 runs: 130 pending" in hw1("list").stdout
    (here / "clone" / "hw1.toml").write_text("seeds = 2\n")
    assert "260 runs: 260 pending" in hw1("list").stdout


def test_settings_that_another_user_put_above_are_told_and_not_taken(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "hw1.toml").write_text('project = "evil.py"\n')
    (here / "mine").mkdir()
    monkeypatch.chdir(here / "mine")
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    monkeypatch.setattr(Path, "lstat", lambda _: os.stat_result((0o100644, 1, 1, 1, 54321, 1, 1, 0, 0, 0)))
    done = hw1("list", "--study", "simulate")
    assert "6 runs: 6 pending" in done.stdout
    assert f"{here / 'hw1.toml'} is another user's and not taken" in done.stderr


def test_a_profile_in_the_settings_counts_where_none_is_typed(here: Path) -> None:
    (here / "fits_profile.py").write_text(STUDY)
    (here / "site.toml").write_text('time_limit_min = 9\npartition = "mine"\n[gpu]\nform = "none"\ncount = 0\n')
    (here / "hw1.toml").write_text('project = "fits_profile.py"\nprofile = "./site.toml"\n')
    done = hw1("plan", "--script")
    assert "#SBATCH --partition=mine" in done.stdout, done.stderr
    assert "all 6 runs are done" in hw1("submit", "--local", "--workers", "1").stdout


def test_a_list_shows_no_column_that_is_empty_for_every_run(here: Path) -> None:
    (here / "fits_columns.py").write_text(STUDY)
    head, row, *_ = hw1("-p", "fits_columns.py", "list").stdout.splitlines()
    assert head.split() == ["run", "study", "what", "state"]
    assert row.split()[1:] == ["fit", "lr", "0.1", "seed", "0", "pending"]
    assert "section" in hw1("list", "--study", "simulate").stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("declared", "basis"),
    [(", minutes=0.001", "the studies' own `minutes`"), ("", "a guess of 10 s a run")],
)
def test_a_plan_says_what_a_first_guess_goes_by(here: Path, declared: str, basis: str) -> None:
    name = f"fits_guess_{len(declared)}.py"
    (here / name).write_text(STUDY.replace(", minutes=0.001", declared))
    said = "; calibrated once packs of this store have finished"
    assert f"estimated from {basis}{said}" in hw1("-p", name, "plan").stdout
    assert f"estimated from operation counts{said}" in hw1("plan").stdout


def test_the_log_of_a_local_task_has_what_the_logs_of_its_packs_say(here: Path) -> None:
    raising = STUDY.replace("    return", "    print('hello', seed)\n    assert seed != 2, 'bad seed'\n    return")
    (here / "fits_logs.py").write_text(raising)
    hw1("-p", "fits_logs.py", "submit", "--local", "--workers", "1")
    said = hw1("-p", "fits_logs.py", "logs", "00").stdout
    assert "hello 1" in said
    assert "fit: 6 run(s), job local-" in said
    assert "committed 4 run(s), 2 failed" in said


def test_a_file_that_has_been_edited_is_imported_again_and_else_once(tmp_path: Path) -> None:
    file = tmp_path / "edited_study.py"
    text = "from jobs import grid, study\n\n@study(runs=grid(a=[1]))\ndef s(run, *, a: int) -> dict[str, int]: ...\n"
    for other in (file, tmp_path / "there" / file.name):  # the second has a name that is taken
        other.parent.mkdir(exist_ok=True)
        other.write_text(text)
        first = project_of(str(other))
        assert project_of(str(other)).studies[0] is first.studies[0]
        other.write_text(text.replace("[1]", "[1, 2]"))
        assert len(list(project_of(str(other)).studies[0].specs("all", None))) == 2
