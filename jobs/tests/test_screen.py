"""What `status` says beside the table of states."""

import re
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

from typer.testing import CliRunner

from hw1.project import PROJECT
from hw1.tests import made
from jobs.plan.calibration import note
from jobs.plan.left import left
from jobs.plan.packs import packs
from jobs.status import Status
from jobs.sweep import Run
from jobs.tests.commands import APP
from jobs.worker.heartbeats import Heartbeat
from jobs.worker.holder import me
from results.collect import collect
from results.tests.stores import Store
from slurm.elements import ClusterStatus


def status(out: Path, *arguments: str) -> str:
    shown = CliRunner().invoke(APP, ["status", "--study", "empty", "--seeds", "6", "--out", str(out), *arguments])
    assert shown.exit_code == 0, shown.output
    return shown.output


def write(out: Path, pack_id: str, seeds: range, **numerics: str | float) -> None:
    specs = [made.empty(seed=k) for k in seeds]
    one = {"pack_id": pack_id, "kind": "empty", "n_pack": len(specs), "device": "cpu", **numerics}
    columns = {name: [value] * len(specs) for name, value in one.items()}
    columns |= {"run_id": [spec.run_id for spec in specs], "spec": [spec.canonical() for spec in specs]}
    Store(out).write(pack_id, {"runs": columns})


def test_a_store_of_two_kinds_of_cpu_says_so_before_and_after_collecting(tmp_path: Path) -> None:
    assert "kinds of processor" not in status(tmp_path)
    write(tmp_path, "a", range(4), cpu="AMD EPYC [7713]", cpu_capability="AVX2")
    assert "kinds of processor" not in status(tmp_path)
    write(tmp_path, "b", range(4, 6), cpu="Xeon\x1b[2J", cpu_capability="AVX512")
    expected = (
        "mixed    2 kinds of processor, which round differently: "
        "4 on AMD EPYC [7713] (AVX2), 2 on Xeon\\x1b[2J (AVX512)\n"
    )
    assert status(tmp_path).endswith(expected)
    collect(Store(tmp_path), [made.empty(seed=k).run_id for k in range(6)])
    assert status(tmp_path).endswith(expected)


def test_status_says_what_is_left_of_the_sweep_until_nothing_is(tmp_path: Path) -> None:
    assert re.search(
        r"^left     6 run\(s\): about \d+ s on \d+ worker\(s\) once submitted$", status(tmp_path), re.MULTILINE
    )
    write(tmp_path, "a", range(4))
    assert "left     2 run(s): " in status(tmp_path)
    write(tmp_path, "b", range(4, 6))
    assert "left " not in status(tmp_path)


def test_workers_time_is_shown_where_it_is_asked_for(tmp_path: Path) -> None:
    (pack,) = packs([Run.of(PROJECT.by_name["empty"], made.empty(seed=k), smoke=False) for k in range(6)], n_workers=1)
    note(tmp_path, [pack])
    write(tmp_path, pack.pack_id, range(6), pack_seconds=7.0)
    assert "time " not in status(tmp_path)
    assert "time     empty: 0 s of workers' time estimated, 7 s taken" in status(tmp_path, "--time")


def test_what_runs_is_left_by_what_its_worker_says(tmp_path: Path) -> None:
    study = replace(PROJECT.by_name["empty"], gpus=None)
    runs = [Run.of(study, made.empty(seed=k), smoke=False) for k in range(6)]
    (pack,) = packs(runs, n_workers=1)
    beat = Heartbeat(**asdict(me()), pack_id=pack.pack_id, study="empty", run_ids=pack.run_ids, seconds_left=50.0)
    element = SimpleNamespace(open=True, keys={"x": "y"}, submission=SimpleNamespace(n_gpus=2))
    now = Status(
        done=(),
        failed={},
        running=dict.fromkeys(pack.run_ids, beat),
        damaged=[],
        cluster=ClusterStatus(elements=[element]),  # type: ignore[list-item]
    )
    found = left(runs, now, PROJECT, out=tmp_path)
    assert (found.n_runs, found.n_workers, found.seconds) == (6, 1, 50.0)
    assert found.gpu_hours == 2 * 50 / 3600
