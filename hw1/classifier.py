"""Trains classifiers of images: small dense networks as one stack, others one after the other."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from hw1.data import images
from hw1.epochs import MEASURES, Epochs
from hw1.lenet import convolutions
from hw1.networks import network
from hw1.optimizers import optimizer
from hw1.seeds import generator
from hw1.specs import Classifier
from jobs import State, Tables, columns, merged


def train(
    specs: Sequence[Classifier],
    *,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    state: State | None = None,
    kind: "type[Group] | None" = None,
) -> Iterator[State]:
    """Train runs that differ in seed and labels only; yields every 50 batches and after every epoch.

    `kind` is what the runs are trained as, where more is measured of them than of a `Group`.
    """
    groups = [list(specs)] if _fused(specs[0]) else [[spec] for spec in specs]
    values: dict[str, Any] = dict(state.values) if state else {"group": 0, "done": []}
    for g in range(values["group"], len(groups)):
        group = (kind or Group)(groups[g], device=device, dtype=dtype)
        if "epochs" in values:
            group.restore(values)
        for _ in group.iterate():
            yield _state(g, len(groups), group, values["done"])
        values = {"group": g + 1, "done": [*values["done"], group.finished()]}
    tables = merged([tables for tables, _ in values["done"]])
    failures = {run_id: why for _, failed in values["done"] for run_id, why in failed.items()}
    n_epochs = specs[0].epochs
    yield State(step=n_epochs, n_steps=n_epochs, unit="epoch", fraction=1, values={}, tables=tables, failures=failures)


def _fused(spec: Classifier) -> bool:
    """Small networks, but not where one may end before another."""
    return spec.is_fused and spec.ends_at is None


def _state(g: int, n_groups: int, group: "Group", done: list[Any]) -> State:
    at = group.progress()
    return State(
        step=at.step,
        n_steps=at.n_steps,
        unit=at.unit,
        fraction=(g + at.fraction) / n_groups,
        values={"group": g, "done": done, **group.values()},
    )


class Progress(NamedTuple):
    """A group's progress: counted in a unit, and as a share of all its work."""

    step: int
    n_steps: int
    unit: str
    fraction: float


class Group:
    """Runs that step together."""

    def __init__(self, specs: list[Classifier], *, device: torch.device, dtype: torch.dtype) -> None:
        """Initial weights and data order from each run's seed."""
        self.specs, self.layers = specs, specs[0].layers
        labelled = specs if specs[0].own_labels else specs[:1]
        data = [images(spec, device=device, dtype=dtype) for spec in labelled]
        labels = torch.stack([d.train_labels for d in data]).expand(len(specs), -1)
        net = network(specs, device=device, dtype=dtype)
        orders = [generator(spec.seed, "order") for spec in specs]
        self.epochs = Epochs(
            net,
            optimizer(specs[0], net.theta),
            data[0],
            labels,
            orders,
            batch_size=specs[0].batch_size,
            n_epochs=specs[0].epochs,
            accuracy_at_least=specs[0].ends_at,
        )
        self.snapshots: list[Tensor] = [net.rows().clone()] if specs[0].snapshots else []

    def iterate(self) -> Iterator[None]:
        """Train, and keep the weights after every epoch where the spec wants them; yields where it can be cut."""
        for epoch_ended in self.epochs.iterate():
            if epoch_ended and self.snapshots:
                self.snapshots.append(self.epochs.network.rows().clone())
            yield

    def progress(self) -> Progress:
        """The group's progress."""
        epochs = self.epochs
        return Progress(epochs.epoch, epochs.n_epochs, "epoch", epochs.fraction)

    def values(self) -> dict[str, Any]:
        """Everything that changes as the group trains."""
        return {"epochs": self.epochs.values(), "snapshots": self.snapshots}

    def restore(self, values: dict[str, Any]) -> None:
        """Continue from a state's values."""
        self.epochs.restore(values["epochs"])
        self.snapshots = list(values["snapshots"])

    def finite(self) -> list[bool]:
        """True if each run's losses are finite after every epoch."""
        result: list[bool] = self.epochs.curves[: self.epochs.epoch, ::2].isfinite().all(0).all(0).tolist()
        return result

    def finished(self) -> tuple[Tables, dict[str, str]]:
        """The tables of the runs that have numbers, and why the others have none."""
        finite = self.finite()
        whole = [k for k, fine in enumerate(finite) if fine]
        tables: Tables = {
            "runs": columns([self._run_row(k) for k in whole]),
            "curves": columns([r for k in whole for r in self.epochs.curve(k, run_id=self.specs[k].run_id)]),
        }
        if self.specs[0].snapshots:
            tables["snapshots"] = columns([row for k in whole for row in self._snapshot_rows(k)])
        failures = {
            spec.run_id: "nan: a loss is not finite" for spec, fine in zip(self.specs, finite, strict=True) if not fine
        }
        return tables, failures

    def _run_row(self, k: int) -> dict[str, Any]:
        n_epochs, spec = self.epochs.epoch, self.specs[k]
        final: dict[str, Any] = dict(zip(MEASURES[:4], self.epochs.curves[n_epochs - 1, :4, k].tolist(), strict=True))
        if spec.ends_at is not None:
            final["converged"] = self.epochs.fitted
        by = convolutions(spec.model, self.epochs.data.train)
        return {"run_id": spec.run_id, "n_params": spec.n_params, "n_steps": n_epochs, **final, **by}

    def _snapshot_rows(self, k: int) -> Iterator[dict[str, Any]]:
        sizes = [layer.n_params for layer in self.layers]
        for epoch, rows in enumerate(self.snapshots):
            for number, (layer, part) in enumerate(zip(self.layers, rows[k].split(sizes), strict=True), start=1):
                weights = part.view(layer.n_out, -1)[:, : layer.n_in]
                row = {"run_id": self.specs[k].run_id, "epoch": epoch, "layer": number}
                yield {**row, "weights": weights.flatten().float().cpu().numpy()}
