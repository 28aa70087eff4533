"""Trains small classifiers as ever, then measures the loss around their ends in two planes of weight space each."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from hw1 import classifier
from hw1.architecture import Layer
from hw1.classifier import Group, Progress
from hw1.networks import DenseNetworks, means
from hw1.planes import path_plane, random_plane, walk_shares, weight_norms
from hw1.seeds import generator
from hw1.specs import Surface
from jobs import State, Tables, columns

PLANES = ("components", "random")


def train(
    specs: Sequence[Surface],
    *,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    state: State | None = None,
) -> Iterator[State]:
    """Train runs that differ in seed only; yields as `classifier.train` does, then after every point of weight space.

    The weights are those of a `Classifier` of the same values, to the last bit.
    """
    return classifier.train(specs, device=device, dtype=dtype, state=state, kind=_Surfaces)


def offsets(spec: Surface) -> Float[Tensor, " point"]:
    """Coordinates of the grid along either direction, in units of the path's radius; the end is the exact 0."""
    half = spec.n_grid // 2
    return torch.arange(-half, half + 1, dtype=torch.float64) / half * spec.extent


class _View:
    """One run's path and planes: everything about its points but the losses there. In float64 on the CPU."""

    def __init__(self, spec: Surface, layers: Sequence[Layer], path: Float[Tensor, "epoch p"]) -> None:
        self.spec, self.path, self.end = spec, path, path[-1]
        components, self.shares = path_plane(path)
        self.planes = (components, random_plane(layers, self.end, generator(spec.seed, "directions")))
        self.coordinates = components.coordinates(path - self.end)
        self.offsets = offsets(spec) * self.coordinates.norm(dim=1).max()
        self.norms = weight_norms(layers, path)
        rng = generator(spec.seed, "walks")
        self.walks = [walk_shares(path, rng) for _ in range(spec.n_walks)]

    def point(self, k: int) -> Float[Tensor, " p"]:
        """The k-th point: first both grids row by row, then at every epoch the path, and its projection."""
        n_grid = self.spec.n_grid
        plane, cell = divmod(k, n_grid**2)
        if plane < len(PLANES):
            i, j = divmod(cell, n_grid)
            return self.end + self.planes[plane].offset(float(self.offsets[i]), float(self.offsets[j]))
        epoch, projected = divmod(k - len(PLANES) * n_grid**2, 2)
        if projected:
            first, second = self.coordinates[epoch].tolist()
            return self.end + self.planes[0].offset(first, second)
        return self.path[epoch]

    def explained_rows(self) -> Iterator[dict[str, Any]]:
        """Of the table `explained`."""
        for walk, shares in enumerate([self.shares, *self.walks]):
            for component, share in enumerate(shares.tolist(), start=1):
                yield {"run_id": self.spec.run_id, "walk": walk, "component": component, "share": share}

    def surface_rows(self, losses: Float[Tensor, "point 2"]) -> Iterator[dict[str, Any]]:
        """Of the table `surfaces`."""
        along = self.offsets.tolist()
        places = [(plane, first, second) for plane in PLANES for first in along for second in along]
        for (plane, first, second), (train_loss, test_loss) in zip(places, losses.tolist(), strict=False):
            at = {"run_id": self.spec.run_id, "plane": plane, "first": first, "second": second}
            yield {**at, "train_loss": train_loss, "test_loss": test_loss}

    def path_rows(self, losses: Float[Tensor, "point 2"]) -> Iterator[dict[str, Any]]:
        """Of the table `surface_paths`."""
        along_path = losses[len(PLANES) * self.spec.n_grid**2 :, 0].view(-1, 2)
        rows = torch.cat([self.coordinates, self.norms[:, None], along_path], 1).tolist()
        for epoch, (first, second, norm, train_loss, plane_loss) in enumerate(rows):
            place = {"run_id": self.spec.run_id, "epoch": epoch, "first": first, "second": second}
            yield {**place, "weight_norm": norm, "train_loss": train_loss, "plane_loss": plane_loss}


class _Surfaces(Group):
    """Runs that train together, and whose points are then measured together."""

    def __init__(self, specs: list[Surface], *, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__(list(specs), device=device, dtype=dtype)
        self.surfaces = specs
        self.snapshots = [self.epochs.network.rows().clone()]
        self.losses = torch.full((specs[0].n_points, 2, len(specs)), torch.nan, dtype=torch.float64)
        self.n_measured = 0
        self.views: list[_View | None] = []

    def iterate(self) -> Iterator[None]:
        """Train, then measure; yields where it can be cut."""
        yield from super().iterate()
        self.views = [self._view(k) if fine else None for k, fine in enumerate(self.finite())]
        while any(self.views) and self.n_measured < len(self.losses):
            self.losses[self.n_measured] = self._measured(self.n_measured)
            self.n_measured += 1
            yield

    def _path(self, k: int) -> Float[Tensor, "epoch p"]:
        return torch.stack([rows[k] for rows in self.snapshots]).double().cpu()

    def _view(self, k: int) -> _View:
        return _View(self.surfaces[k], self.layers, self._path(k))

    def _measured(self, point: int) -> Float[Tensor, "split run"]:
        """Train and test loss of every run at its own point; of a run without numbers, at its end."""
        net, data, n = self.epochs.network, self.epochs.data, self.surfaces[0].n_surface_images
        if not isinstance(net, DenseNetworks):
            raise TypeError(f"surfaces are those of dense networks, got {type(net).__name__}")
        ends = self.snapshots[-1]
        rows = torch.stack([view.point(point).to(ends) if view else ends[k] for k, view in enumerate(self.views)])
        net.stack.fill(net.theta, rows)
        train_loss = means(net, data.train[:n], self.epochs.labels[:, :n])[0]
        return torch.stack([train_loss, means(net, data.test, data.test_labels[None])[0]])

    def progress(self) -> Progress:
        """Epochs, then points, each by the images that they take."""
        spec, at = self.surfaces[0], super().progress()
        training = float(spec.epochs * (4 * spec.n_train + spec.n_test))
        measuring = float(len(self.losses) * (spec.n_surface_images + spec.n_test))
        share = training / (training + measuring)
        if at.step < at.n_steps:
            return at._replace(fraction=share * at.fraction)
        done = self.n_measured / len(self.losses)
        return Progress(self.n_measured, len(self.losses), "point", share + (1 - share) * done)

    def values(self) -> dict[str, Any]:
        """Everything that changes as the group goes."""
        return {**super().values(), "losses": self.losses, "n_measured": self.n_measured}

    def restore(self, values: dict[str, Any]) -> None:
        """Continue from a state's values."""
        super().restore(values)
        self.losses, self.n_measured = values["losses"], values["n_measured"]

    def finished(self) -> tuple[Tables, dict[str, str]]:
        """The classifiers' tables, and those of the points."""
        tables, failures = super().finished()
        whole = [(view, self.losses[:, :, k]) for k, view in enumerate(self.views) if view]
        tables["explained"] = columns([row for view, _ in whole for row in view.explained_rows()])
        tables["surfaces"] = columns([row for view, losses in whole for row in view.surface_rows(losses)])
        tables["surface_paths"] = columns([row for view, losses in whole for row in view.path_rows(losses)])
        return tables, failures
