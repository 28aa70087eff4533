"""Ways of a stack: what is traced, what goes through `vmap`, and that both train alike, dropout included."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from jobs import Data, Module
from jobs.fused import choice, memo, traced
from jobs.fused.fit import Fit
from jobs.fused.memo import remembered
from jobs.tests.fused import made
from jobs.tests.networks import Cube


class Residual(nn.Module):
    def __init__(self) -> None:  # noqa: D107 - a test's network
        super().__init__()
        self.first, self.norm, self.last = nn.Linear(4, 4), nn.LayerNorm(4), nn.Linear(4, 3)
        self.drop = nn.Dropout(0.2)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.last(x + self.drop(functional.gelu(self.norm(self.first(x)))))
        return out


class Classes(Module):
    seed: int

    def model(self) -> nn.Module:
        return Residual().double()

    def data(self) -> Data:
        x = torch.rand(30, 4, dtype=torch.float64)
        return Data(train={"x": x, "y": x[:, :3].argmax(1)})

    def optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.Adam(model.parameters(), lr=0.01)

    def loss(self, model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        return functional.cross_entropy(model(batch["x"]), batch["y"])


def losses(kind: type[Module]) -> tuple[str, list[Any]]:
    runs = [kind(seed=seed, epochs=4, batch=8) for seed in range(3)]  # type: ignore[call-arg]  # its subclass has one
    fit = Fit(runs, ["0", "1", "2"], shared=frozenset(), device=made.CPU)
    list(fit.train(None, lambda _: None))
    return fit.results.fusion["0"], [[row["train_loss"] for row in rows] for rows in fit.results.rows.values()]


def test_traced_through_vmap_and_one_by_one_a_run_has_the_same_numbers_to_rounding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    way, by_rules = losses(Classes)
    assert way == "traced, 32 lanes"
    monkeypatch.setattr(choice, "_trace", lambda _: None)
    way, mapped = losses(Classes)
    assert way == "vmap, 32 lanes"
    monkeypatch.setattr(choice, "n_lanes", lambda *_: 1)
    way, looped = losses(Classes)
    assert way == "loop: a step of one run keeps a core busy"
    for one, two, three in zip(by_rules, mapped, looped, strict=True):
        assert one == pytest.approx(three, rel=1e-10)
        assert two == pytest.approx(three, rel=1e-10)


def test_a_stack_that_is_no_faster_than_the_loop_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "pays", lambda _: 1.0)
    assert losses(Classes)[0] == "loop: one by one is as fast on this machine"


def test_a_speed_is_measured_once_and_asking_again_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    answers = iter([1.5, 0.5])
    assert [remembered("a", lambda: next(answers), made.CPU) for _ in range(3)] == [1.5] * 3
    assert remembered("b", lambda: next(answers), made.CPU) == 0.5
    assert {path.suffix for path in memo.folder().iterdir()} == {".json", ".lock"}
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    assert remembered("a", lambda: 0.5, made.CPU) == float("inf")


def test_without_a_home_no_speed_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nowhere)
    assert remembered("a", lambda: 0.5, made.CPU) == float("inf")


def test_a_gradient_of_one_s_own_is_kept() -> None:
    class Straight(Classes):
        def loss(self, model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
            return functional.cross_entropy(Cube.apply(model(batch["x"])), batch["y"])

    assert losses(Straight)[0] == "vmap, 32 lanes"


def test_a_rule_that_would_give_other_numbers_than_vmap_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(traced._FUNCTIONS, functional.cross_entropy, lambda x, _: x.sum((1, 2)))
    assert losses(Classes)[0] == "vmap, 32 lanes"


class Texts(Classes):
    """Words of which one is padding: torch gives its vector no gradient, and `vmap` does."""

    def model(self) -> nn.Module:
        return nn.Sequential(nn.Embedding(9, 4, padding_idx=0), nn.Flatten(), nn.Linear(24, 3)).double()

    def data(self) -> Data:
        return Data(train={"x": torch.randint(3, (30, 6)), "y": torch.randint(3, (30,))})


def test_a_gradient_that_is_another_in_a_stack_is_found_and_the_runs_train_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    way, found = losses(Texts)
    assert way == "loop: stacked, it has another gradient than torch gives it alone"
    monkeypatch.setattr(choice, "_is_torchs", lambda _: True)
    way, stacked = losses(Texts)
    assert way == "vmap, 32 lanes"
    assert stacked[1][-1] != pytest.approx(found[1][-1], rel=1e-6)


def test_a_network_whose_layers_have_no_size_yet_is_refused() -> None:
    class Lazy(Classes):
        def model(self) -> nn.Module:
            return nn.LazyLinear(3).double()

    with pytest.raises(TypeError, match="`model` has layers without a size"):
        losses(Lazy)
