"""The zoo: one study of many networks; as a command, the table of how each is fused on this machine."""

import argparse
from collections.abc import Iterator
from itertools import cycle, product
from typing import Any

import torch
from torch import Tensor, nn, optim
from torch.nn import functional

from jobs import Data, Module, grid, study
from jobs.functions.modules import ModuleSpec
from jobs.fused.fit import Fit
from jobs.fused.looks import look
from jobs.tests.fused import made
from jobs.tests.networks import ZOO

OPTIMISERS: dict[str, dict[str, Any]] = {
    "SGD": {"momentum": 0.9, "nesterov": True},
    "Adam": {},
    "AdamW": {},
    "RMSprop": {"momentum": 0.5},
    "Adagrad": {},
    "Adadelta": {},
    "NAdam": {},
    "RAdam": {"betas": (0.9, 0.9)},
}


@study(runs=grid(name="MLP", optimiser="Adam", lr=0.01, decay=0.01, seed=0, double=False), epochs=2, batch=6)
class Zoo(Module):
    name: str
    optimiser: str
    lr: float
    decay: float
    seed: int
    double: bool

    def model(self) -> nn.Module:
        return ZOO[self.name].make().to(torch.float64 if self.double else torch.float32)

    def data(self) -> Data:
        entry, g = ZOO[self.name], torch.Generator().manual_seed(1)
        n = (16, *entry.shape)
        x = torch.randint(10, n, generator=g) if entry.is_text else torch.randn(n, generator=g)
        y = torch.randint(3, (16,), generator=g)
        x = x.double() if self.double and not entry.is_text else x
        return Data(train={"x": x, "y": y}, test={"x": x[:5], "y": y[:5]})

    def optimizer(self, model: nn.Module) -> optim.Optimizer:
        kind = getattr(optim, self.optimiser)
        found: optim.Optimizer = kind(
            model.parameters(), lr=self.lr, weight_decay=self.decay, **OPTIMISERS[self.optimiser]
        )
        return found

    def schedule(self, step: int) -> float:
        return 0.9**step

    def loss(self, model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        return functional.cross_entropy(model(batch["x"]), batch["y"])

    def measure(self, model: nn.Module, data: Data) -> dict[str, Tensor]:
        return {"test_loss": functional.cross_entropy(model(data.test["x"]), data.test["y"])}


KIND: Any = Zoo.study.kinds[0]  # type: ignore[attr-defined]  # the decorator gave it


def spec(name: str, optimiser: str, k: int, *, double: bool = False) -> ModuleSpec:
    values = {"name": name, "optimiser": optimiser, "lr": 0.01 * (k % 3 + 1), "decay": 0.01 * (k % 2 + 1), "seed": k}
    return KIND(**values, double=double, epochs=2, batch=6)


def rounding(name: str, optimiser: str, device: torch.device) -> float:
    """The largest relative difference of a loss in float64 from what the plain loop gives."""
    runs = [Zoo(**spec(name, optimiser, k, double=True).values()) for k in range(2)]
    ends = []
    for shared in (KIND.shared, None):
        fit = Fit(runs, ["0", "1"], shared=shared, device=device)
        list(fit.train(None, lambda _: None))
        ends.append([row["train_loss"] for rows in fit.results.rows.values() for row in rows])
    return max(abs(a - b) / abs(b) for a, b in zip(*ends, strict=True))


def parted(name: str, optimiser: str, device: torch.device) -> list[str]:
    """Packs in which a run has other bits than in one of 40: alone, of 3, in another order, or cut and continued."""
    specs = [spec(name, optimiser, k) for k in range(40)]
    of_40 = made.drive(specs, device=device)
    others = {
        "alone": made.drive(specs[17:18], device=device),
        "of 3": made.drive(specs[:3], device=device),
        "turned": made.drive(specs[::-1], device=device),
        "cut": made.in_pieces(specs[:3], [2, 3], device),
    }
    return [where for where, state in others.items() if made.differences(state, of_40)]


def _cases(optimiser: str | None) -> Iterator[tuple[str, str]]:
    if optimiser is None:
        yield from zip(ZOO, cycle(OPTIMISERS), strict=False)
    else:
        yield from product(ZOO, OPTIMISERS if optimiser == "all" else [optimiser])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="of networks; all of them where none is named")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--optimiser", choices=["all", *OPTIMISERS], help="for every network; else one each in turn")
    given = parser.parse_args()
    device = torch.device(given.device)
    torch.set_num_threads(1)
    print("| network | optimiser | way | bits | other bits | rounding | × loop |\n|---|---|---|---|---|---|---|")
    for name, optimiser in _cases(given.optimiser):
        if name not in (given.names or ZOO):
            continue
        found = look([Zoo(**spec(name, optimiser, k).values()) for k in range(16)], KIND.shared, device)[0]
        cells = (
            found.way,
            found.bits,
            ", ".join(parted(name, optimiser, device)) or "nowhere",
            f"{rounding(name, optimiser, device):.0e}",
            f"{found.ratio:.1f}" if found.ratio else "–",
        )
        print(f"| {name} | {optimiser} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
