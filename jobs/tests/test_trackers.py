"""Runs handed to experiment trackers, read back from what their libraries wrote."""

import json
import os
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs import load
from jobs.tests.commands import hw1

STUDY = """
from jobs import Run, grid, study

@study(runs=grid(lr=[0.1, 0.2], sizes=[[8, 4]], seed=range(2)), minutes=0.001)
def fit(run: Run, *, lr: float, sizes: tuple[int, ...], seed: int) -> dict:
    for epoch in run.steps(3):
        run.log(epoch=epoch, loss=lr / (epoch + 1))
    return {"final": lr + seed, "kind_of_end": "flat"}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("study")
    (made / "fits.py").write_text(STUDY)
    done = hw1("-p", str(made / "fits.py"), "submit", "--local", out=made / "out")
    assert done.returncode == 0, done.stderr
    return made


def export(folder: Path, kind: str, to: Path, *more: str, path: str = "") -> "subprocess.CompletedProcess[str]":
    """Export in a process of its own: the libraries leave threads and other processes behind."""
    start = [sys.executable, "-c", "from jobs.cli.app import main; main()", "-p", str(folder / "fits.py")]
    return subprocess.run(
        [*start, "export", kind, str(to), *more, "--out", str(folder / "out")],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.slow
def test_mlflow_has_a_run_each_run_with_parameters_metrics_and_logged_rows(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy")
    to = tmp_path / "tracked"
    first = export(folder, "mlflow", to, "--set", "lr=0.1")
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith(f"wrote 2 runs to {to}; `mlflow ui --backend-store-uri sqlite:///{to}/mlflow.db`")
    again = export(folder, "mlflow", to)
    assert f"wrote 2 runs to {to}, 2 were there; " in again.stdout, again.stderr

    def rows(query: str) -> list[tuple[object, ...]]:
        database = sqlite3.connect(to / "mlflow.db")
        try:
            return database.execute(query).fetchall()
        finally:
            database.close()

    assert rows("select count(*), min(status), max(status) from runs") == [(4, "FINISHED", "FINISHED")]
    ids = dict(rows("select value, run_uuid from tags where key = 'hw1.run_id'"))
    for row in load(folder / "out").to_dict("records"):
        own = ids[row["run_id"]]
        given = dict(rows(f"select key, value from params where run_uuid = '{own}'"))  # noqa: S608 - a test's
        assert given == {"lr": str(row["lr"]), "sizes": "[8, 4]", "seed": str(row["seed"])}
        steps = rows(f"select step, value from metrics where key = 'loss' and run_uuid = '{own}' order by step")  # noqa: S608
        assert steps == [(epoch, row["lr"] / (epoch + 1)) for epoch in range(3)]
        final = rows(f"select value from latest_metrics where key = 'final' and run_uuid = '{own}'")  # noqa: S608
        assert final == [(row["final"],)]
        assert ("flat",) in rows(f"select value from tags where key = 'hw1.kind_of_end' and run_uuid = '{own}'")  # noqa: S608


@pytest.mark.slow
def test_wandb_has_a_folder_each_run_with_config_summary_and_steps(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("wandb")
    to = tmp_path / "tracked"
    first = export(folder, "wandb-offline", to, "--set", "lr=0.1")
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith(f"wrote 2 runs to {to}; `wandb sync {to}/offline-run-*` takes them from there")
    again = export(folder, "wandb-offline", to)
    assert f"wrote 2 runs to {to}, 2 were there; " in again.stdout, again.stderr
    assert len(list(to.iterdir())) == 4, "nothing unfinished is left"
    for row in load(folder / "out").to_dict("records"):
        (file,) = to.glob(f"offline-run-*-{row['run_id']}/*.wandb")
        config, summary, steps = written_by_wandb(file)
        assert {name: config[name] for name in ("lr", "sizes", "seed")} == {
            "lr": row["lr"],
            "sizes": [8, 4],
            "seed": row["seed"],
        }
        assert config["hw1"]["kind_of_end"] == "flat"
        assert summary["final"] == row["final"]
        assert [(step["_step"], step["loss"]) for step in steps] == [(k, row["lr"] / (k + 1)) for k in range(3)]


def written_by_wandb(file: Path) -> "tuple[dict, dict, list[dict]]":
    """Config, summary and steps of an offline run: protobuf records in LevelDB's log format."""
    from wandb.proto import wandb_internal_pb2  # noqa: PLC0415 - an extra

    config, summary, steps = {}, {}, []
    for content in records(file.read_bytes()):
        record = wandb_internal_pb2.Record()
        record.ParseFromString(content)
        config |= {each.key: json.loads(each.value_json) for each in (*record.run.config.update, *record.config.update)}
        summary |= {each.key or each.nested_key[0]: json.loads(each.value_json) for each in record.summary.update}
        if record.history.item:
            items = record.history.item
            steps.append({each.key or each.nested_key[0]: json.loads(each.value_json) for each in items})
    return config, summary, steps


def records(content: bytes) -> Iterator[bytes]:
    """The records of a file of one block: after its head of 7 bytes, each with checksum, length and type."""
    assert len(content) < 1 << 15
    at = 7
    while at < len(content):
        (n_bytes,) = struct.unpack_from("<H", content, at + 4)
        yield content[at + 7 : at + 7 + n_bytes]
        at += 7 + n_bytes


@pytest.mark.parametrize(
    ("kind", "library", "extra"), [("mlflow", "alembic", "mlflow"), ("wandb-offline", "wandb", "wandb")]
)
def test_without_the_library_one_line_names_the_extra(
    kind: str, library: str, extra: str, folder: Path, tmp_path: Path
) -> None:
    hides = f"import sys\nsys.modules[{library!r}] = None\n"
    (tmp_path / "sitecustomize.py").write_text(hides)
    done = export(folder, kind, tmp_path / "tracked", path=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"hw1: {library} is not installed: `pip install 'hw1[{extra}]'` installs it\n"
