"""The benchmark: its numbers are checked, its arithmetic is counted, and a small real round of it."""

import json
import math
import statistics
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F  # noqa: N812 - torch's own idiom
from torch.utils.flop_counter import FlopCounterMode
from typer.testing import CliRunner

from hw1.bench.extrapolation import extrapolated
from hw1.bench.floor import arithmetic
from hw1.bench.numbers import Check, compared
from hw1.bench.preset import parts
from hw1.bench.printing import summary
from hw1.bench.session import Session
from hw1.bench.works import NOTEBOOK, PEERS, WORKS, can_do
from hw1.plain import initialised
from hw1.specs import Classifier, FunctionFit
from hw1.tests.sweeps import sweep
from jobs.tests.commands import APP
from results import bench

LENET = WORKS["lenet"]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A fifth of a LeNet epoch by us and by the notebooks' way: the file, and what was printed."""
    out = tmp_path_factory.mktemp("bench")
    shown = CliRunner().invoke(
        APP, ["bench", "--rounds", "1", "--work", "lenet", "--peer", NOTEBOOK, "--out", str(out)]
    )
    assert shown.exit_code == 0, shown.output
    return out / bench.NAME, shown.output


@pytest.mark.slow
def test_a_round_holds_us_the_peer_with_our_numbers_and_the_floor(measured: tuple[Path, str]) -> None:
    rows = bench.read(measured[0])
    assert [row["side"] for row in rows] == ["hw1", NOTEBOOK, "floor"]
    us, peer, floor = rows
    assert peer["void"] == ""
    assert peer["difference"] <= 1
    assert "train_loss to 0.05" in peer["checked"]
    assert {"torch", "torchvision"} <= json.loads(peer["versions"]).keys()
    assert floor["seconds"] < us["seconds"]
    assert all(row["cpu"] and row["n_cpus"] > 0 and row["round"] == 1 for row in rows)
    assert "0.2 of a run's images" in us["extrapolated"]
    assert "a LeNet epoch" in measured[1]


@pytest.mark.slow
def test_what_is_there_is_continued_where_it_is_of_this_code_only(measured: tuple[Path, str]) -> None:
    def session() -> Session:
        return Session(works=[LENET], peers=lambda _: [NOTEBOOK], n_rounds=2, path=measured[0])

    again, elsewhere = session(), session()
    assert again.resume() == 3
    assert again.left() == [(2, LENET)]
    elsewhere.cores += 1
    assert elsewhere.resume() == 0
    assert len(elsewhere.left()) == 2


@pytest.mark.slow
def test_a_peer_that_reaches_other_numbers_or_is_not_there_is_void(
    measured: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(works=[LENET], peers=lambda _: [NOTEBOOK], n_rounds=1, path=measured[0])
    rows = bench.read(measured[0])
    ours = {0: {"running_loss": 1.0, "train_loss": 0.5}}
    wrong = session._agreement(LENET, ours, {0: {"running_loss": 1.0, "train_loss": 0.6}}, 1)
    assert "train_loss differs by 0.2 of ours, 0.05 is allowed" in wrong.void
    monkeypatch.setattr("hw1.bench.session.MODULES", {NOTEBOOK: ("no_such_module.at_all",)})
    absent = session._theirs(1, LENET, 1, NOTEBOOK, ours)
    assert absent["void"] == 'not installed: pip install "hw1[bench]"'
    for row in (rows[1] | {"void": wrong.void}, absent):
        assert bench.ratios([rows[0], row], "lenet", NOTEBOOK) == []
        assert summary([rows[0], row])[1]["void"] == row["void"]


@given(st.floats(0.1, 10), st.floats(0, 0.5), st.floats(0.01, 0.4))
def test_numbers_agree_up_to_the_tolerance_and_not_beyond(ours: float, off: float, rtol: float) -> None:
    found = compared([Check(name="x", rtol=rtol)], {0: {"x": ours}}, {0: {"x": ours * (1 + off)}}, n_wanted=1)
    if not math.isclose(off, rtol, rel_tol=1e-6):
        assert bool(found.void) == (off > rtol)
    assert found.difference == pytest.approx(off / rtol, rel=1e-6, abs=1e-12)


@given(st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=30), st.floats(0.01, 0.4))
def test_a_shift_is_what_most_runs_part_by_in_one_direction(apart: list[float], rtol: float) -> None:
    def shift(differences: list[float]) -> float:
        ours = {k: {"x": 2.0} for k in range(len(differences))}
        theirs = {k: {"x": 2.0 * (1 + each)} for k, each in enumerate(differences)}
        return compared([Check(name="x", rtol=rtol, over="shift")], ours, theirs, n_wanted=len(ours)).difference

    assert shift(apart) == pytest.approx(abs(statistics.median(apart)) / rtol, rel=1e-6, abs=1e-9)
    assert shift([*apart, *(-each for each in apart)]) == pytest.approx(0, abs=1e-9), "as many one way as the other"


def test_numbers_that_lack_a_run_or_are_not_finite_do_not_agree() -> None:
    checks = [Check(name="x", rtol=1.0)]
    assert "0 of 1 runs" in compared(checks, {0: {"x": 1.0}}, {}, n_wanted=1).void
    for ours, theirs in (({}, {"x": 1.0}), ({"x": 1.0}, {"x": math.nan}), ({"x": 1.0}, {})):
        assert compared(checks, {0: ours}, {0: theirs}, n_wanted=1).void


def test_a_part_is_extrapolated_by_images_epochs_and_runs() -> None:
    work = WORKS["trajectory"]
    found = extrapolated(work, 2.0, n_slots=1, ours={}, theirs={4: {"train_loss": 1.0}})
    assert found.seconds == pytest.approx(2.0 * 8 * 29 * 5)
    assert "1 of 8 runs" in found.how
    assert extrapolated(LENET, 2.0, n_slots=1, ours={}, theirs={0: {}}).seconds == pytest.approx(10.0)


def test_function_fits_are_extrapolated_by_their_iterations() -> None:
    ours = {k: {"n_steps": 99.0} for k in range(50)} | {k: {"n_steps": 299.0} for k in range(50, 100)}
    theirs = {k: {"n_steps": 99.0, "fit_s": 1.0, "hessian_s": 0.5} for k in range(2)}
    found = extrapolated(WORKS["minimal_ratio"], 2.0, n_slots=2, ours=ours, theirs=theirs)
    assert found.seconds == pytest.approx((50 * (1 + 1) + 50 * (3 + 1)) / 2)


def counted(net: torch.nn.Module, x: torch.Tensor, *, learn: bool) -> int:
    with FlopCounterMode(display=False) as counter:
        output = net(x)
        if learn:
            output.sum().backward()
    return counter.get_total_flops()


@pytest.mark.parametrize("index", [0, 1])
def test_the_floor_of_a_classifier_is_what_torch_counts(index: int) -> None:
    spec = sweep(studies=("actual_task",)).runs()[index].spec.replace(epochs=1, n_train=3, n_test=2)
    assert isinstance(spec, Classifier)
    net = initialised(spec, seed=0, dtype=torch.float32)
    learned = counted(net, torch.zeros(3, 1, 32, 32), learn=True)
    measured = counted(net, torch.zeros(5, 1, 32, 32), learn=False)
    assert arithmetic([spec], {}) == learned + measured


def test_the_floor_of_a_function_fits_iteration_is_what_torch_counts() -> None:
    spec = sweep(studies=("gradient_norm",)).runs()[0].spec
    assert isinstance(spec, FunctionFit)
    net = initialised(spec, seed=0, dtype=torch.float32)
    with FlopCounterMode(display=False) as counter:
        F.mse_loss(net(torch.zeros(300, 1)), torch.zeros(300, 1)).backward()
    assert arithmetic([spec.replace(max_iterations=7)], {}) == 7 * counter.get_total_flops()


def test_pairs_that_share_an_end_train_it_once_on_the_floor() -> None:
    first, second = (run.spec for run in sweep(studies=("interpolation",)).runs())
    alone = arithmetic([first], {}) + arithmetic([second], {})
    assert arithmetic([first, second], {}) < alone
    assert arithmetic([first, second.replace(seed=1)], {}) == alone


def _row(work: str, side: str, seconds: float) -> bench.Row:
    return {"work": work, "side": side, "seconds": seconds, "void": "", "n_cpus": 2}


def test_the_whole_preset_and_each_study_stand_beside_their_floor(tmp_path: Path) -> None:
    peak, rows = 5e10, []
    for name in ("minimal_ratio", "trajectory", "parameters", "lenet", "cnn"):
        work = WORKS[name]
        floor = arithmetic(work.specs(), {}) * work.scale / peak / min(2, len(work.specs()))
        rows += [_row(name, "floor", floor), _row(name, "hw1", 3 * floor), _row(name, NOTEBOOK, 30 * floor)]
    whole, ours, notebook, *studies = parts(rows, tmp_path)
    runs = sweep().runs()
    assert whole.seconds == pytest.approx(arithmetic([run.spec for run in runs], {}) / peak / 2)
    assert ours.seconds == pytest.approx(3 * whole.seconds)
    assert notebook.seconds > ours.seconds
    floors, seconds = ({p.study: p.seconds for p in studies if p.side == side} for side in ("floor", "hw1"))
    assert list(floors) == list(dict.fromkeys(run.study.name for run in runs))
    assert sum(floors.values()) == pytest.approx(whole.seconds)
    assert all(seconds[study] == pytest.approx(3 * floor) for study, floor in floors.items())
    assert parts(rows[:-3], tmp_path) == []


def test_every_usual_peer_can_do_its_work_and_works_name_what_they_check() -> None:
    for work in WORKS.values():
        assert set(work.peers) <= set(PEERS)
        assert all(can_do(peer, work) for peer in work.peers)
        assert work.checks
        for peer in work.peers:
            indices = work.indices(peer, 2)
            assert indices == sorted(set(indices))
            assert 0 <= indices[0] <= indices[-1] < len(work.specs())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--work", "everything"], "unknown work 'everything': it must be one of minimal_ratio,"),
        (["--peer", "slurm"], "unknown peer 'slurm': it must be one of notebook, submitit,"),
        (["--rounds", "0"], "`--rounds` must be at least 1, got 0"),
        (["--work", "empty", "--peer", "jax"], "none of jax can do that"),
    ],
)
def test_what_cannot_be_measured_is_refused(arguments: list[str], said: str, tmp_path: Path) -> None:
    shown = CliRunner().invoke(APP, ["bench", *arguments, "--out", str(tmp_path / "out")])
    assert said in str(shown.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_file_keeps_its_rows_and_refuses_others(measured: tuple[Path, str], tmp_path: Path) -> None:
    rows = bench.read(measured[0])
    bench.write(tmp_path / "again.parquet", rows)
    assert bench.read(tmp_path / "again.parquet") == rows
    assert bench.read(tmp_path / "none.parquet") == []
    with pytest.raises(ValueError, match="must have the columns"):
        bench.write(tmp_path / "wrong.parquet", [{"work": "lenet"}])
    with pytest.raises(ValueError, match="does not fit"):
        bench.write(tmp_path / "wrong.parquet", [rows[0] | {"seconds": "long"}])
    assert not (tmp_path / "wrong.parquet").exists()
