"""What is enumerated."""

import json
from collections import Counter
from pathlib import Path

import pytest

from hw1.project import PROJECT
from hw1.sensitivity import ascents
from hw1.specs import Classifier, CriticalPoint, FunctionFit, Interpolation
from hw1.tests.sweeps import sweep
from jobs import sweep as sweeps
from jobs.cli.options import seeds_of
from jobs.cli.selection import changes_of
from jobs.sweep import Run, SweepError
from jobs.tests.commands import hw1


def made(**options: object) -> list[Run]:
    return sweep(
        **{"studies": [], "preset": "report", "n_seeds": 1, "smoke": False, "dataset": "mnist", **options}
    ).runs()  # type: ignore[arg-type]


def test_one_seed_of_the_report_is_130_runs() -> None:
    counts = Counter(run.study.name for run in made())
    assert counts == {
        "simulate": 6,
        "actual_task": 2,
        "trajectory": 8,
        "gradient_norm": 1,
        "minimal_ratio": 100,
        "random_labels": 1,
        "parameters": 10,
        "interpolation": 2,
    }
    assert len({run.run_id for run in made()}) == 130


def test_sensitivity_has_a_run_for_every_batch_size_and_only_who_asks_for_it_gets_it() -> None:
    extended = [run for run in made(preset="extended") if run.study.name == "sensitivity"]
    assert [run.spec.batch_size for run in extended] == [16, 64, 256, 1024, 4096]
    assert [run.run_id for run in made(studies=["sensitivity"])] == [run.run_id for run in extended]
    assert "sensitivity" not in {run.study.name for run in made()}
    assert {run.run_id for run in made()} < {run.run_id for run in made(preset="extended")}
    assert extended[0].label == "lenet batch 16 seed 0"


def test_the_cost_of_sensitivity_counts_all_its_ascents() -> None:
    for run in made(studies=["sensitivity"]) + made(studies=["sensitivity"], smoke=True):
        spec = run.spec
        assert spec.n_maximised == len(ascents(spec)) * (spec.ascent_steps + 1) * spec.n_sharpness


def test_surfaces_are_those_of_the_trajectories() -> None:
    surfaces, paths = made(studies=["surface"], n_seeds=2), made(studies=["trajectory"], n_seeds=2)
    for surface, path in zip(surfaces, paths, strict=True):
        mine, theirs = surface.spec.values(), path.spec.values()
        assert [name for name in theirs if mine[name] != theirs[name]] == ["snapshots"]


def test_parameters_are_those_of_the_settings() -> None:
    found = {run.study.name: set() for run in made()}
    for run in made():
        found[run.study.name].add(run.spec.n_params)
    assert found == {
        "simulate": {571, 546},
        "actual_task": {61_706, 342_698},
        "trajectory": {8_280},
        "gradient_norm": {571},
        "minimal_ratio": {572},
        "random_labels": {61_706},
        "parameters": {795 * n + 10 for n in (5, 25, 50, 60, 100, 150, 200, 250, 280, 350)},
        "interpolation": {61_706},
    }


def test_the_notebook_preset_differs_where_the_settings_say_so_and_shares_the_rest() -> None:
    report, notebook = made(n_seeds=2), made(preset="notebook", n_seeds=2)
    shared = {run.run_id for run in report} & {run.run_id for run in notebook}
    names = Counter(run.study.name for run in report if run.run_id in shared)
    assert names == {"simulate": 4, "trajectory": 14, "gradient_norm": 2, "minimal_ratio": 200}
    specs = [run.spec for run in notebook if run.run_id not in shared]
    assert {s.epochs for s in specs if isinstance(s, Classifier) and s.momentum} == {9}
    assert {s.frame for s in specs if not isinstance(s, FunctionFit) and s.model == "lenet"} == {"resized"}
    assert {s.optimizer for s in specs if isinstance(s, FunctionFit) and s.function == "square_wave"} == {"adam"}
    assert sum(isinstance(s, Interpolation) for s in specs) == 2


BF16 = {"actual_task", "random_labels", "interpolation", "barriers", "corruption"}


def test_a_sweep_in_bfloat16_has_the_convolutional_studies_alone_under_ids_of_their_own() -> None:
    low, all_of_it = made(precision="bf16"), made(preset="extended", precision="bf16", n_seeds=2)
    assert {run.study.name for run in low} == BF16 - {"barriers", "corruption"}
    assert {run.study.name for run in all_of_it} == BF16
    assert {run.spec.precision for run in all_of_it} == {"bfloat16"}
    assert not {run.run_id for run in all_of_it} & {run.run_id for run in made(preset="extended", n_seeds=2)}
    assert [run.spec.replace(precision="float32") for run in low] == [
        run.spec for run in made(studies=[*{run.study.name for run in low}])
    ]
    assert low[0].label == "lenet batch 64 bfloat16 seed 0"
    assert low[0].record()["precision"] == "bfloat16"


@pytest.mark.parametrize("study", PROJECT.by_name)
def test_more_seeds_add_runs_and_change_none(study: str) -> None:
    one, three = made(studies=[study]), made(studies=[study], n_seeds=3)
    assert {run.run_id for run in one} < {run.run_id for run in three}
    assert len(three) == 3 * len(one)
    assert {run.spec.seed for run in three} == set(range(3 * len({run.spec.seed for run in one})))


def test_smoke_runs_are_smaller_and_have_ids_of_their_own() -> None:
    full, smoke = made(), made(smoke=True)
    assert len(smoke) == 130
    assert not {run.run_id for run in full} & {run.run_id for run in smoke}
    for one, other in zip(full, smoke, strict=True):
        assert one.study is other.study
        assert other.record()["n_params"] == one.record()["n_params"]


def test_another_data_set_changes_the_runs_on_images_only() -> None:
    changed = {run.study.name for run in made(dataset="kmnist")} - {
        run.study.name for run in made() if run.run_id in {r.run_id for r in made(dataset="kmnist")}
    }
    assert changed == {"actual_task", "trajectory", "random_labels", "parameters", "interpolation"}


def test_a_record_is_flat_and_holds_every_value() -> None:
    record = made(studies=["interpolation"])[1].record()
    assert record["label"] == "batch 100 lr 0.01 → batch 100 lr 0.001 seed 0"
    assert {"run_id", "study", "section", "n_params", "seed", "learning_rate_2", "n_alphas", "smoke"} <= record.keys()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"studies": ["simulat"]}, "unknown study 'simulat': it must be one of simulate, actual_task"),
        ({"preset": "paper"}, "unknown preset 'paper': it must be one of report, notebook"),
        ({"precision": "fp16"}, "unknown precision 'fp16': it must be one of fp32, bf16"),
        (
            {"precision": "bf16", "studies": ["parameters", "actual_task", "simulate"]},
            "^parameters, simulate cannot be trained in bf16: only actual_task, random_labels, interpolation, ",
        ),
        ({"n_seeds": 100_000_000}, "`--seeds` must be at most 7,692, which makes 1,000,000 runs, got 100000000"),
        ({"dataset": "MNIST"}, "unknown dataset 'MNIST': .*; did you mean mnist?"),
        ({"dataset": "fashion_mnist", "studies": ["simulate"]}, "; did you mean fashion-mnist?"),
        ({"dataset": ""}, "unknown dataset '': it must be one of mnist, fashion-mnist, kmnist$"),
        ({"studies": [""]}, "unknown study ''"),
    ],
)
def test_what_does_not_exist_is_answered_with_what_does(options: dict[str, object], message: str) -> None:
    with pytest.raises(SweepError, match=message):
        made(**options)


def test_a_default_sweep_is_the_report() -> None:
    assert [run.run_id for run in sweep().runs()] == [run.run_id for run in made()]


def test_critical_points_are_the_runs_of_minimal_ratio_gone_on() -> None:
    assert not any(run.study.name == "critical_points" for run in made())
    extended = [run.spec for run in made(preset="extended") if run.study.name == "critical_points"]
    assert extended == [run.spec for run in made(studies=["critical_points"])]
    plain = [run.spec for run in made(studies=["minimal_ratio"])]
    for fit, point in zip(plain, extended, strict=True):
        assert isinstance(point, CriticalPoint)
        assert fit.fields().items() <= point.fields().items()
        assert fit.run_id != point.run_id
        assert point.newton_gradient_norm_below == 1e-6
    smoke = made(studies=["critical_points"], smoke=True)
    assert {run.spec.fields()["max_newton_steps"] for run in smoke} == {1}
    assert smoke[3].label == "sinc 1-4-9-12-10-10-10-4-1 adam newton seed 3"


LEFT_OUT = {"sensitivity": 5, "critical_points": 100, "surface": 8, "barriers": 2, "corruption": 5}
"""How many runs one seed of each study is that the report left out."""


def test_preset_extended_is_the_report_and_what_it_left_out() -> None:
    report, extended = made(), made(preset="extended")
    assert [run.run_id for run in extended][: len(report)] == [run.run_id for run in report]
    assert Counter(run.study.name for run in extended[len(report) :]) == LEFT_OUT
    assert {s.name for s in PROJECT.studies if s.presets == ("extended",)} == set(LEFT_OUT)


def test_runs_that_do_nothing_are_in_no_preset_and_only_who_names_them_gets_them() -> None:
    for preset in ("report", "notebook", "extended"):
        assert "empty" not in {run.study.name for run in made(preset=preset)}
        named = made(preset=preset, studies=["empty"], n_seeds=1000)
        assert [run.spec.values() for run in named] == [{"seed": seed} for seed in range(1000)]
        assert {run.study.name for run in named} == {"empty"}
        assert {run.record()["n_params"] for run in named} == {0}
    assert [run.label for run in made(studies=["empty"], n_seeds=2)] == ["nothing seed 0", "nothing seed 1"]


def test_smoke_runs_of_what_the_report_left_out_are_as_many_and_small() -> None:
    full, smoke = (made(preset="extended", studies=list(LEFT_OUT), smoke=smoke) for smoke in (False, True))
    assert len(full) == len(smoke) == sum(LEFT_OUT.values())
    assert not {run.run_id for run in full} & {run.run_id for run in smoke}
    assert all(run.label == other.label for run, other in zip(full, smoke, strict=True))


def test_the_first_end_of_barriers_is_trained_as_the_reports_pairs_are() -> None:
    (pair, *_), (barrier, *_) = (
        [run.spec.values() for run in made(preset="extended", studies=[name])] for name in ("interpolation", "barriers")
    )
    shared = pair.keys() & barrier.keys() - {"n_alphas"}
    assert {name: pair[name] for name in shared} == {name: barrier[name] for name in shared}
    assert (pair["batch_size_1"], pair["learning_rate_1"]) == (barrier["batch_size"], barrier["learning_rate"])


@pytest.mark.parametrize(("typed", "seeds"), [("1", range(1)), ("5", range(5)), ("5:10", range(5, 10))])
def test_seeds_are_a_number_or_a_range(typed: str, seeds: range) -> None:
    assert seeds_of(typed) == seeds


@pytest.mark.parametrize("typed", ["0", "-1", "x", "", "5:5", "7:3", ":", "1:2:3", "1e3", "9" * 4000])
def test_other_seeds_are_refused_with_what_would_be_right(typed: str) -> None:
    with pytest.raises(SweepError, match="`--seeds` must be "):
        seeds_of(typed)


def test_a_range_of_seeds_is_the_end_of_as_many_seeds() -> None:
    def ids(seeds: range, study: str) -> list[str]:
        return [run.run_id for run in sweeps.sweep(PROJECT, studies=[study], seeds=seeds).runs()]

    for study in PROJECT.by_name:
        assert set(ids(range(2, 3), study)) == set(ids(range(3), study)) - set(ids(range(2), study))


def test_values_set_on_the_command_line_make_a_grid_of_runs() -> None:
    changes = changes_of(["learning_rate=0.1,0.01", "hidden=[5],[5,6]"])
    runs = sweeps.sweep(PROJECT, studies=["parameters"], changes=changes).runs()
    assert Counter((run.spec.learning_rate, run.spec.hidden) for run in runs) == Counter(
        {(rate, hidden): 1 for rate in (0.1, 0.01) for hidden in ((5,), (5, 6))}
    )


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["learning_rat=0.1"], "unknown field 'learning_rat': .*; did you mean learning_rate?"),
        (["learning_rate=fast"], "`learning_rate` must be float, got 'fast'"),
        (["learning_rate"], "`--set` must be FIELD=VALUE"),
        (["seed=1", "seed=2"], "`--set seed` is given twice"),
    ],
)
def test_a_value_that_fits_no_run_is_refused(typed: list[str], message: str) -> None:
    with pytest.raises(SweepError, match=message):
        sweeps.sweep(PROJECT, studies=["parameters"], changes=changes_of(typed)).runs()


ON_GPUS = {"actual_task", "random_labels", "interpolation", "sensitivity", "barriers", "corruption"}
"""Studies of convolutional networks; function fits and small dense networks train within minutes on a CPU."""


def test_on_palmetto_only_convolutional_networks_ask_for_a_gpu(tmp_path: Path) -> None:
    done = hw1("plan", "--profile", "palmetto", "--preset", "extended", "--json", out=tmp_path / "out")
    assert done.returncode == 0, done.stderr
    asked = {(study, task["gpus"]) for task in json.loads(done.stdout) for study in task["studies"]}
    studies = PROJECT.select((), "extended")
    assert asked == {(study, int(study in ON_GPUS)) for study in studies}
