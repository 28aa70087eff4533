"""What stands in the figures of barriers."""

import json

import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis import style
from hw1.studies.barriers import figures as barriers
from hw1.studies.barriers import heights
from hw1.tests.page.conftest import Sweep
from hw1.tests.page.shown import studies

_SPEC = ("dataset", "frame", "scaling", "n_train", "n_test", "model", "epochs", "momentum", "seed")
_PAIR = (*_SPEC, "batch_size_1", "batch_size_2", "learning_rate_1", "learning_rate_2")


@pytest.fixture(scope="module")
def told(seeds: Sweep) -> Sweep:
    """A sweep whose runs tell their kind and spec, as a store's do."""
    pairs = seeds.manifest[seeds.manifest["kind"] == "interpolation"].set_index("run_id")
    specs = {run_id: json.dumps(row) for run_id, row in pairs[list(_PAIR)].to_dict("index").items()}
    runs = seeds.tables["runs"]
    runs = runs.assign(spec=runs["run_id"].map(specs), kind=runs["run_id"].map(dict.fromkeys(specs, "interpolation")))
    return Sweep(seeds.manifest, seeds.tables | {"runs": runs})


def _drawn(sweep: Sweep) -> Figure:
    with style.house_style():
        return barriers.between(studies(*sweep)["barriers"])


def _kinds(figure: Figure) -> list[str]:
    return [" ".join(tick.get_text().split()) for tick in figure.axes[3].get_xticklabels()]


def test_the_report_s_pairs_stand_beside_those_of_other_data_order(told: Sweep) -> None:
    orders = ["data order, 0 shared epochs", "data order, 1 shared epoch"]
    assert _kinds(_drawn(told)) == ["batch size 100 and 500", "learning rate 0.01 and 0.001", *orders]
    own = told.manifest[told.manifest["study"] == "barriers"]
    alone = Sweep(told.manifest, told.tables | {"runs": told.tables["runs"].merge(own[["run_id"]], on="run_id")})
    assert _kinds(_drawn(alone)) == orders


def test_pairs_that_were_trained_otherwise_are_not_compared(told: Sweep) -> None:
    runs = told.tables["runs"]
    runs = runs.assign(spec=runs["spec"].str.replace('"epochs": 15', '"epochs": 2'))
    assert len(_kinds(_drawn(Sweep(told.manifest, told.tables | {"runs": runs})))) == 2


def test_one_point_a_seed_at_the_height_of_its_barrier(told: Sweep) -> None:
    of = studies(*told)["barriers"]
    first = of.where(lambda expected: expected["shared_epochs"] == 0).table("lines").query("line == 'between'")
    expected = [heights.of_line(line, line["train_loss"]) for _, line in first.groupby("run_id")]
    train = next(line for line in _drawn(told).axes[1].lines if line.get_label() == "train")
    x, y = np.asarray(train.get_xydata()).T
    np.testing.assert_allclose(sorted(y[np.round(x) == 2]), sorted(expected))
    assert len(x) == 4 * 3


def test_both_lines_from_the_initialisation_fall_on_a_logarithmic_axis(told: Sweep) -> None:
    with style.house_style():
        figure = barriers.from_initialisation(studies(*told)["barriers"])
    assert figure.axes[0].get_yscale() == "log"
    labels = {str(line.get_label()) for line in figure.axes[0].lines}
    assert {label for label in labels if not label.startswith("_")} == {
        f"{split}, to end {end}" for split in ("train", "test") for end in (1, 2)
    }
