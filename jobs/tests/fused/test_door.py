"""Modules as studies: what is refused in one line, what is trained one by one and why, and the commands."""

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from jobs import Data, Module, grid, study
from jobs.errors import ProjectError
from jobs.fused.fit import Fit
from jobs.tests.commands import hw1
from jobs.tests.fused import made
from jobs.tests.projects import nets, walks


class Line(Module):
    """A straight line."""

    seed: int
    lr: float = 0.1

    def model(self) -> nn.Module:
        return nn.Linear(2, 1)

    def data(self) -> Data:
        x = torch.rand(12, 2)
        return Data(train={"x": x, "y": x.sum(1, keepdim=True)})

    def optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.SGD(model.parameters(), lr=self.lr)

    def loss(self, model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        return functional.mse_loss(model(batch["x"]), batch["y"])


def trained(kind: type[Module], n: int = 3, **values: Any) -> Fit:
    runs = [kind(seed=seed, **values) for seed in range(n)]  # type: ignore[call-arg]  # its subclass has one
    fit = Fit(runs, [str(k) for k in range(n)], shared=frozenset(), device=made.CPU)
    list(fit.train(None, lambda _: None))
    return fit


def test_a_module_s_file_and_its_specs_import_no_torch(tmp_path: Path) -> None:
    code = """
import sys
from jobs import Data, Module, grid, study
@study(runs=grid(seed=range(2)), epochs=3)
class Empty(Module):
    seed: int
    def model(self): ...
    def data(self): ...
    def optimizer(self, model): ...
    def loss(self, model, batch): ...
print(*[spec.values() for spec in Empty.study.specs("all", None)], "torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    first, second = ({"seed": seed, "epochs": 3, "batch": None} for seed in range(2))
    assert done.stdout == f"{first} {second} False\n"


def test_what_is_no_module_is_refused_in_one_line() -> None:
    with pytest.raises(ProjectError, match="study `fits`: class Fits must define `model`, `data`, `optimizer`, `loss`"):

        @study(runs=grid(seed=1), epochs=1)
        class Fits(Module):
            seed: int

    with pytest.raises(ProjectError, match=r"study `other`: a class must be a `Module`: `class Other\(Module\)`"):

        @study(runs=grid(seed=1))
        class Other:
            pass

    with pytest.raises(ProjectError, match="`epochs` must be given"):
        study(runs=grid(seed=1), name="line")(Line)
    with pytest.raises(ProjectError, match="`epochs` is for modules: a function loops by itself"):
        study(runs=grid(seed=1), epochs=3)(walks.walk)


def test_runs_that_differ_in_what_the_network_or_the_loss_reads_share_no_pack() -> None:
    kind = nets.Nets.study.kinds[0]  # type: ignore[attr-defined]
    values = {"width": 4, "lr": 0.1, "seed": 0, "epochs": 2, "batch": 8}
    one = kind(**values)
    assert all(one.group == kind(**values | other).group for other in ({"lr": 0.2}, {"seed": 1}, {"decay": 0.1}))
    assert all(one.group != kind(**values | other).group for other in ({"width": 5}, {"epochs": 3}, {"batch": 4}))


def test_what_cannot_be_stacked_names_the_line_and_trains_one_by_one() -> None:
    class Looks(Line):
        def loss(self, model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
            loss = super().loss(model, batch)
            return loss * 2 if loss.item() > 1 else loss

    class Reads(Line):
        def loss(self, model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
            return super().loss(model, batch) * self.lr

    class Draws(Line):
        def loss(self, model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
            return super().loss(model, batch | {"x": batch["x"] + random.gauss(0, 0.01)})

    for kind, why in (
        (Draws, "it draws at random by other ways than dropout"),
        (Looks, "`return loss * 2 if loss.item() > 1 else loss`: it asks for a value"),
        (Reads, "`self.lr` may differ from run to run of a stack"),
    ):
        fit = trained(kind, epochs=2)
        assert all(way.startswith("loop: ") and why in way for way in fit.results.fusion.values())
        assert len(fit.results.rows["0"]) == 2


def test_a_run_that_diverges_fails_alone_and_one_that_stops_keeps_its_numbers() -> None:
    class Stops(Line):
        def stop(self, rows: Any) -> bool:
            return len(rows) == self.seed + 1

    whole, stopped = trained(Line, n=20, epochs=4).results, trained(Stops, n=20, epochs=4).results
    assert [len(rows) for rows in stopped.rows.values()] == [1, 2, 3, *[4] * 17]
    assert all(rows == whole.rows[run_id][: len(rows)] for run_id, rows in stopped.rows.items())

    class Diverges(Line):
        def optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
            return torch.optim.SGD(model.parameters(), lr=1e30 if self.seed == 1 else 0.1)

    broken = trained(Diverges, n=3, epochs=4).results
    assert broken.failures == {"1": "nan: the loss is not finite in epoch 2"}
    assert broken.rows["0"] == whole.rows["0"]


def test_what_modules_are_fused_by_is_told_module_by_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.fused.looks.pays", lambda _: 12.34)
    told = hw1("-p", nets.__file__, "fuse", "--set", "width=4", out=tmp_path).stdout
    assert "nets: 6 run(s) of 21 parameters: width 4 epochs 4 batch 16" in told
    assert "  traced, 32 lanes: 12.3 times as fast as one by one\n  bits of the lonely run: " in told
    assert "  0  Linear   batched product of matrices\n  1  Tanh     number by number" in told
    refused = hw1("-p", walks.__file__, "fuse", out=tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "no run of this sweep is of a module" in refused.stderr


@pytest.mark.slow
def test_a_module_is_planned_trained_and_tabled(tmp_path: Path) -> None:
    project = ("-p", nets.__file__)
    assert "12 of 12 runs pending" in hw1(*project, "plan", out=tmp_path).stdout
    done = hw1(*project, "submit", "--local", out=tmp_path)
    assert "all 12 runs are done" in done.stdout, done.stderr
    assert "12 runs: 12 done" in hw1(*project, "list", out=tmp_path).stdout
    assert "test_error" in hw1(*project, "table", "--by", "width", out=tmp_path).stdout
