"""Attributes beside parameters and buffers: no run gets another's, and a cut run goes on with its own."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from jobs import Data, Module
from jobs.fused.built import build
from jobs.fused.choice import Choice, chosen
from jobs.fused.fit import Fit
from jobs.fused.streams import order
from jobs.tests.fused import made


class Net(nn.Module):
    def __init__(self) -> None:  # noqa: D107 - a test's network
        super().__init__()
        self.last = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.last(x)
        return out


class Fourier(Net):
    """Features by frequencies that are drawn, and forgotten as a buffer."""

    def __init__(self) -> None:  # noqa: D107
        super().__init__()
        self.frequencies = torch.randn(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward((x @ self.frequencies).sin())


class Hooked(Net):
    """The same within a hook."""

    def __init__(self) -> None:  # noqa: D107
        super().__init__()
        scale = torch.rand(4) + 1
        self.register_forward_pre_hook(lambda _, inputs: (inputs[0] * scale,))


class Doubled(Net):
    """A hook that is the same in all."""

    def __init__(self) -> None:  # noqa: D107
        super().__init__()
        self.register_forward_hook(lambda _module, _inputs, _named, output: 2 * output, with_kwargs=True)


class Logged(Net):
    """A hook that notes what passes."""

    def __init__(self) -> None:  # noqa: D107
        super().__init__()
        self.register_forward_hook(lambda _module, _inputs, output, seen=[]: seen.append(output.detach()))


class Chained(Net):
    """Keeps more than can be looked at."""

    def __init__(self) -> None:  # noqa: D107
        super().__init__()
        self.chain: list[Any] = []
        for _ in range(5000):
            self.chain = [self.chain]

    def __deepcopy__(self, memo: dict[int, Any]) -> "Chained":  # noqa: D105
        made = Chained()
        made.load_state_dict(self.state_dict())
        return made


class Counting(Net):
    """Its output follows from how often it was called."""

    def __init__(self) -> None:  # noqa: D107
        super().__init__()
        self.n, self.last_means = 0, [0.0]

    def forward(self, x: Tensor) -> Tensor:
        self.n += 1
        self.last_means[0] += 0.5
        return super().forward(x) * (1 + 0.1 * (self.n % 3)) + self.last_means[0]


class Noting(Net):
    """Notes what nothing reads before it is noted again."""

    def __init__(self) -> None:  # noqa: D107
        super().__init__()
        self.seed, self.n_rows = torch.initial_seed(), 0

    def forward(self, x: Tensor) -> Tensor:
        self.n_rows = len(x)
        return super().forward(x) / self.n_rows


class Drawing(Net):
    """Draws from a generator of its own, which no checkpoint holds."""

    def __init__(self) -> None:  # noqa: D107
        super().__init__()
        self.generator = np.random.default_rng(0)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * float(self.generator.random())


class Fit3(Module):
    seed: int
    make: Any

    def model(self) -> nn.Module:
        net: nn.Module = self.make()
        return net

    def data(self) -> Data:
        x = torch.rand(20, 4)
        return Data(train={"x": x, "y": x[:, :3].argmax(1)})

    def optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.Adam(model.parameters(), lr=0.01)

    def loss(self, model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        return functional.cross_entropy(model(batch["x"]), batch["y"])


class Annealed(Fit3):
    """The run itself counts."""

    def loss(self, model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        self.n_steps = getattr(self, "n_steps", 0) + 1
        return super().loss(model, batch) / self.n_steps


class Best(Fit3):
    """Keeps its best measure so far."""

    def measure(self, model: nn.Module, data: Data) -> dict[str, Tensor]:
        error = self.loss(model, {**data.train})
        self.best = min(getattr(self, "best", error), error)
        return {"best": self.best}


def fit(make: Callable[[], nn.Module], *seeds: int, kind: type[Fit3] = Fit3) -> Fit:
    runs = [kind(seed=seed, make=make, epochs=3, batch=8) for seed in seeds]
    return Fit(runs, [*map(str, seeds)], shared=frozenset({"make"}), device=made.CPU)


def rows(fit: Fit) -> dict[str, list[dict[str, Any]]]:
    list(fit.train(None, lambda _: None))
    return fit.results.rows


def way(make: Callable[[], nn.Module], kind: type[Fit3] = Fit3) -> Choice:
    return chosen([build(kind(seed=1, make=make, epochs=3, batch=8), "1", made.CPU)], frozenset({"make"}))


def plain(make: Callable[[], nn.Module], seed: int) -> list[float]:
    """Losses of the epochs in a loop as anyone would write it."""
    built = build(Fit3(seed=seed, make=make, epochs=3, batch=8), str(seed), made.CPU)
    found = []
    for epoch in range(3):
        total = 0.0
        for batch in order(built.seed, epoch, 20).split(8):
            loss = built.run.loss(built.model.train(), {n: t[batch] for n, t in built.data.train.items()})  # type: ignore[arg-type]  # read by name
            built.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            built.optimizer.step()
            total += loss.item() * len(batch) / 20
        built.model.eval()
        found.append(total)
    return found


@pytest.mark.parametrize("make", [Net, Fourier, Hooked, Doubled, Logged, Counting, Noting])
def test_every_run_has_the_numbers_that_a_plain_loop_gives_it(make: Callable[[], nn.Module]) -> None:
    found = rows(fit(make, 0, 1, 2))
    for seed in range(3):
        assert [row["train_loss"] for row in found[str(seed)]] == pytest.approx(plain(make, seed), rel=1e-5)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (Fourier, "loop: `frequencies` follows from the seed and is no buffer"),
        (Hooked, "loop: `_forward_pre_hooks` follows from the seed and is no buffer"),
        (Logged, "loop: `_forward_hooks` changes in a step and is no buffer"),
        (Counting, "loop: `last_means` changes in a step and is no buffer"),
        (Net, "traced, 32 lanes"),
        (Doubled, "traced, 32 lanes"),
        (Chained, "traced, 32 lanes"),
        (Noting, "vmap, 32 lanes"),
    ],
)
def test_runs_share_a_stack_unless_a_step_depends_on_what_is_no_buffer(make: Callable[[], nn.Module], why: str) -> None:
    assert way(make).way == why


@pytest.mark.parametrize(("kind", "name"), [(Annealed, "n_steps"), (Best, "best")])
def test_what_the_run_itself_keeps_is_no_stack_s(kind: type[Fit3], name: str) -> None:
    assert way(Net, kind).way == f"loop: `self.{name}` changes in a step and is no buffer"


@pytest.mark.parametrize("kind", [Fit3, Annealed, Best])
@pytest.mark.parametrize("n_steps", [1, 3, 4])
def test_a_run_that_is_cut_goes_on_with_what_it_has_counted(kind: type[Fit3], n_steps: int) -> None:
    whole = rows(fit(Counting, 0, 1, kind=kind))
    for number, state in enumerate(fit(Counting, 0, 1, kind=kind).train(None, lambda _: None), start=1):
        if number == n_steps:
            kept = made.saved(dict(state.values))
            break
    again = fit(Counting, 0, 1, kind=kind)
    list(again.train(kept, lambda _: None))
    assert again.results.rows == whole


def test_what_no_checkpoint_can_hold_is_refused_before_the_first_step() -> None:
    with pytest.raises(TypeError, match="`generator` changes in a step, and a checkpoint holds numbers, texts and te"):
        next(fit(Drawing, 0).train(None, lambda _: None))


ONE = Net()


def test_a_network_that_runs_would_share_is_refused() -> None:
    with pytest.raises(TypeError, match="`model` must make a new network at every call"):
        next(fit(lambda: ONE, 0).train(None, lambda _: None))


FROZEN = nn.Linear(4, 4).requires_grad_(requires_grad=False)


def test_a_frozen_part_may_be_one_for_all_runs() -> None:
    found = rows(fit(lambda: nn.Sequential(FROZEN, Net()), 0, 1))
    assert [row["train_loss"] for row in found["1"]] == pytest.approx(
        plain(lambda: nn.Sequential(FROZEN, Net()), 1), rel=1e-5
    )


class Centred(Fit3):
    def loss(self, model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        batch["x"] -= 0.1
        return super().loss(model, batch)


class Measuring(Fit3):
    def data(self) -> Data:
        return Data(train=super().data().train, test={"z": torch.ones(30), "x": torch.ones(3)})

    def measure(self, model: nn.Module, data: Data) -> dict[str, Tensor]:  # noqa: ARG002 - as it is called
        return {"sum": data.test["z"].mul_(2).sum()}


@pytest.mark.parametrize(("kind", "name", "batch"), [(Centred, "x", None), (Measuring, "z", 8)])
def test_data_that_a_step_changes_are_refused_where_other_steps_would_see_it(
    kind: type[Fit3], name: str, batch: int | None
) -> None:
    runs = [kind(seed=0, make=Net, epochs=3, batch=batch)]
    with pytest.raises(TypeError, match=f"`loss` or `measure` changes `{name}` of the data in place"):
        next(Fit(runs, ["0"], shared=frozenset({"make"}), device=made.CPU).train(None, lambda _: None))


def test_a_batch_of_some_rows_may_be_changed() -> None:
    assert len(rows(fit(Net, 0, 1, kind=Centred))["0"]) == 3
