"""Means and frames of what a study's runs came to, as the command line prints them and as a file."""

import json
import os
from pathlib import Path

import pandas as pd
import pytest

from analysis.frames import Results
from jobs import Project, Run, grid, load, study
from jobs.cli.report import manifest
from jobs.sweep import Sweep, sweep
from jobs.tests.commands import hw1
from results.errors import StoreError
from results.frames import load as frames
from results.tests.stores import Store

STUDY = """
from jobs import Run, grid, study

@study(runs=grid(lr=[0.1, 0.2], width=[1, 2], seed=range(3)), minutes=0.001)
def fit(run: Run, *, lr: float, width: int, seed: int) -> dict[str, float]:
    run.log(value=seed)
    return {"loss": lr * width + seed, "kind_of_end": "flat"}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("study")
    (made / "fits.py").write_text(STUDY)
    done = hw1("-p", str(made / "fits.py"), "submit", "--local", "--report", out=made / "out")
    assert "all 12 runs are done" in done.stdout, done.stderr
    assert done.returncode == 0, done.stderr
    return made


def test_a_frame_has_a_row_a_run_with_its_parameters_and_metrics(folder: Path) -> None:
    frame = load(str(folder / "out"))
    assert list(frame.columns[:8]) == ["run_id", "study", "kind", "lr", "width", "seed", "loss", "kind_of_end"]
    assert set(frame["study"]) == {"fit"}
    assert (frame["loss"] == frame["lr"] * frame["width"] + frame["seed"]).all()
    assert sorted(zip(frame["lr"], frame["width"], frame["seed"], strict=True)) == [
        (lr, width, seed) for lr in (0.1, 0.2) for width in (1, 2) for seed in range(3)
    ]


def test_a_table_has_the_mean_and_its_interval_of_every_combination(folder: Path) -> None:
    printed = hw1("-p", str(folder / "fits.py"), "table", out=folder / "out").stdout.splitlines()
    assert printed[1].split() == ["lr", "width", "loss", "runs"]
    assert [line.split()[:3] for line in printed[2:]] == [
        ["0.1", "1", "1.1"],
        ["0.1", "2", "1.2"],
        ["0.2", "1", "1.2"],
        ["0.2", "2", "1.4"],
    ]
    half = 4.302652729911275 / 3**0.5  # Student's quantile for 3 runs whose standard deviation is 1
    assert all(line.split()[3:] == ["±", f"{half:.2g}", "3"] for line in printed[2:])
    by_lr = hw1("-p", str(folder / "fits.py"), "table", "--by", "lr", out=folder / "out").stdout.splitlines()
    assert [line.split()[0::4] for line in by_lr[2:]] == [["0.1", "6"], ["0.2", "6"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("table", "--by", "depth"), "study fit: no column depth: there are run_id, lr, width, seed, loss"),
        (("table", "--metric", "kind_of_end"), "kind_of_end must be numbers to have a mean: there are"),
        (("export", "excel", "f"), "unknown format 'excel': it must be one of csv, parquet, latex"),
        (("export", "csv", "/nowhere/f"), "hw1: FILE must be a file in a folder that is there, got /nowhere/f\n"),
        (("export", "csv", "/"), "hw1: FILE must be a file in a folder that is there, got /\n"),
    ],
)
def test_what_has_no_mean_is_refused_with_what_has(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    done = hw1("-p", str(folder / "fits.py"), *arguments, out=folder / "out")
    assert done.returncode == 2
    assert message in done.stderr


@pytest.mark.parametrize("kind", ["csv", "parquet", "latex"])
def test_what_is_done_is_handed_out_as_a_file(folder: Path, tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"runs.{kind}"
    done = hw1("-p", str(folder / "fits.py"), "export", kind, str(file), out=folder / "out")
    assert "wrote 12 runs with" in done.stdout
    if kind == "latex":
        assert file.read_text().count("flat") == 12
        return
    read = pd.read_csv(file) if kind == "csv" else pd.read_parquet(file)
    assert sorted(read["loss"]) == pytest.approx(sorted(load(folder / "out")["loss"]))


TWO = """
from jobs import Run, grid, study

@study(runs=[{"sizes": {"hidden": 3}}, {"sizes": {"hidden": 5}}], minutes=0.001)
def wide(run: Run, *, sizes: dict[str, int]) -> dict[str, float]:
    return {"loss": 1.0 * sizes["hidden"]}

@study(runs=grid(sizes=[7]), minutes=0.001)
def narrow(run: Run, *, sizes: int) -> dict[str, bool | str]:
    return {"loss": "low"}

@study(runs=grid(sizes=[7, 8]), minutes=0.001)
def mute(run: Run, *, sizes: int) -> None:
    pass
"""


def test_names_that_two_studies_use_for_other_types_are_a_file_and_a_page(tmp_path: Path) -> None:
    (tmp_path / "two.py").write_text(TWO)
    door, out, file = ("-p", str(tmp_path / "two.py")), tmp_path / "out", tmp_path / "runs.parquet"
    done = hw1(*door, "submit", "--local", "--report", out=out)
    assert done.returncode == 0, done.stderr
    page = (out / "report" / "report.md").read_text()
    assert "sizes hidden 5" in page
    table = hw1(*door, "table", out=out).stdout
    assert all(f"{name}: its runs have no metric that is a number\n" in table for name in ("narrow", "mute"))
    assert "\nhw1 -p two.py submit --local --study wide\n" in page
    assert "\nhw1 report\n" not in page
    done = hw1(*door, "export", "parquet", str(file), out=out)
    assert done.returncode == 0, done.stderr
    read = pd.read_parquet(file)
    assert sorted(read["sizes"]) == ["7", "7", "8", '{"hidden": 3}', '{"hidden": 5}']
    assert sorted(read["loss"].dropna()) == ["3.0", "5.0", "low"]


def test_a_folder_that_is_not_there_is_told_and_one_without_runs_is_an_empty_frame(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"there is no folder {tmp_path}/nowhere: nothing was trained into it"):
        load(tmp_path / "nowhere")
    assert load(tmp_path).empty


def test_smoke_runs_in_the_same_folder_are_no_part_of_the_means(folder: Path, tmp_path: Path) -> None:
    file, out = tmp_path / "fits.py", tmp_path / "out"
    file.write_text(STUDY.replace("minutes=0.001", "minutes=0.001, smoke={'width': 9}"))
    for smoke in ([], ["--smoke"]):
        assert hw1("-p", str(file), "submit", "--local", *smoke, out=out).returncode == 0
    whole = hw1("-p", str(file), "table", "--by", "lr", out=out).stdout
    assert whole == hw1("-p", str(folder / "fits.py"), "table", "--by", "lr", out=folder / "out").stdout
    assert "2.8" in hw1("-p", str(file), "table", "--smoke", "--by", "lr", out=out).stdout


EVERY = """
from typing import Literal
from jobs import Run, grid, study

@study(runs=grid(lr=[0.1, 1, 1e-7], sizes=[[8], [8, 4]], how=["a", 'b"é'], bias=[None, 2], mixed=[1, 0.5], seed=[0, 3]),
       smoke={"lr": 0.5}, minutes=0.001)
def fit(run: Run, *, lr: float = 0.1, sizes: tuple[int, ...], how: str, bias: int | None = None, mixed: int | float,
        seed: int, late: bool = True) -> dict[str, float]:
    return {"loss": lr * len(sizes) + seed}
"""


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with parameters of every type, trained whole, cut short, and by earlier versions of its file."""
    made = tmp_path_factory.mktemp("every")
    older = EVERY.replace(", late: bool = True", "").replace("seed=[0, 3]", "seed=[0]")
    numbered = EVERY.replace("minutes=0.001", "minutes=0.001, version=2")
    for text, arguments in ((older, ()), (numbered, ()), (EVERY, ("--smoke",)), (EVERY, ("--seeds", "5"))):
        (made / "fits.py").write_text(text)
        done = hw1("-p", str(made / "fits.py"), "submit", "--local", *arguments, out=made / "out")
        assert done.returncode == 0, done.stderr
    return made


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--smoke",),
        ("--seeds", "3"),
        ("--seeds", "3:5", "--set", "lr=0.1,1"),
        ("--set", "bias=2,null", "--set", "sizes=[8]"),
        ("--set", "mixed=1,1.0"),
        ("--smoke", "--set", "lr=1"),
    ],
)
def test_a_grid_s_rows_are_told_by_their_columns_as_by_their_ids(
    every: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    typed = ("-p", str(every / "fits.py"), "table", "--by", "lr", "--metric", "loss", *arguments)
    found = hw1(*typed, out=every / "out")
    assert found.returncode == 0, found.stderr
    monkeypatch.setattr(Sweep, "members", lambda *_: None)
    assert hw1(*typed, out=every / "out").stdout == found.stdout


@pytest.mark.parametrize("default", ["0.1", "0.2"])
def test_a_run_left_at_a_default_that_has_changed_is_done_for_the_list_and_in_the_table(
    default: str, tmp_path: Path
) -> None:
    text = (
        "from jobs import Run, grid, study\n\n"
        "@study(runs=grid(lr=[0.1, 0.2], seed=range(2)), minutes=0.001)\n"
        "def fit(run: Run, *, lr: float = 0.1, seed: int) -> dict:\n"
        "    return {'loss': lr + seed}\n"
    )
    file, out = tmp_path / "fits.py", tmp_path / "out"
    file.write_text(text)
    assert hw1("-p", str(file), "submit", "--local", out=out).returncode == 0
    written_at = file.stat().st_mtime_ns
    file.write_text(text.replace("= 0.1,", f"= {default},"))
    os.utime(file, ns=(written_at, written_at))  # an edit within the second in which Python compiled the file
    listed = json.loads(hw1("-p", str(file), "list", "--json", out=out).stdout)
    n_done = sum(record["state"] == "done" for record in listed)
    rows = [line.split() for line in hw1("-p", str(file), "table", "--by", "lr", out=out).stdout.splitlines()[2:]]
    assert sum(int(row[-1]) for row in rows) == n_done == {"0.1": 4, "0.2": 2}[default]
    assert [row[0] for row in rows] == {"0.1": ["0.1", "0.2"], "0.2": ["0.1"]}[default], "the value it was trained with"


def test_a_grid_is_not_enumerated_for_its_means(every: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sweep, "runs", lambda _: pytest.fail("enumerated"))
    printed = hw1("-p", str(every / "fits.py"), "table", "--by", "lr", out=every / "out")
    assert printed.returncode == 0, printed.stderr
    assert [line.split()[-1] for line in printed.stdout.splitlines()[2:]] == ["32"] * 3


def test_some_columns_of_a_table_are_those_of_the_whole_table(every: Path) -> None:
    store = Store(every / "out", only_looks=True)
    some = store.read_all(["runs"], {"runs": ("run_id", "spec")})["runs"]
    assert some.equals(store.read("runs").select(["run_id", "spec"]))


def test_a_metric_that_has_the_name_of_a_column_of_every_run_is_the_metric(tmp_path: Path) -> None:
    @study(runs=grid(seed=range(2)))
    def clock(run: Run, *, seed: int) -> dict[str, float]:
        return {"seconds": 100.0 + seed, "n_params": 7}

    (kind,), specs = clock.study.kinds, list(clock.study.specs("all", None))  # type: ignore[attr-defined]
    last = kind.drive(specs, device=None, see=lambda _: None)
    same = {"pack_id": ["p"] * 2, "kind": ["clock"] * 2, "study": ["clock"] * 2, "seconds": [1.0] * 2}
    tables = {**last.tables, "runs": {"run_id": last.tables["runs"]["run_id"], **same}}
    tables["runs"]["spec"] = [spec.canonical() for spec in specs]
    Store(tmp_path).write("p", tables, declared=kind.described(last.tables))
    frame = load(tmp_path)
    assert (list(frame["seconds"]), list(frame["run_seconds"])) == ([100.0, 101.0], [1.0, 1.0])
    project = Project(name="clocks", studies=(clock.study,))  # type: ignore[attr-defined]
    expected = manifest(sweep(project).runs())
    assert list(Results(expected, frames(tmp_path))["clock"].table("clock.runs")["n_params"]) == [7, 7]


def test_a_page_is_drawn_after_the_sweep_where_it_was_asked_for(folder: Path) -> None:
    assert (folder / "out" / "report" / "report.html").is_file()
