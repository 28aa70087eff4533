"""Trains convolutional classifiers, and measures at their ends how sensitive outputs and loss are."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from hw1 import classifier
from hw1.classifier import Group, Progress
from hw1.jacobian import jacobian_norms
from hw1.networks import ConvNetwork
from hw1.sharpness import Box, Rise, half_widths, rescaled, rise
from hw1.specs import Classifier, Sensitivity
from jobs import State, Tables, columns

JACOBIAN_CHUNK = 100
CHUNKS_PER_PAUSE = 5
LOSS_CHUNK = 250
"""Images at once: few enough to stay in the cache."""
TRAINING = 0.85
"""Share of the work that is training; what is measured at the end is the rest."""


class Ascent(NamedTuple):
    """One maximisation: of which box, how large, and around which of the weights that are the same function."""

    box: Box
    factor: float
    epsilon: float


def ascents(spec: Sensitivity) -> list[Ascent]:
    """All of a run's maximisations: every box around the weights as they are (factor 1), one of a kind as rescaled."""
    found = [Ascent("keskar", 1.0, epsilon) for epsilon in spec.epsilons]
    found += [Ascent("adaptive", 1.0, epsilon) for epsilon in spec.adaptive_epsilons]
    for factor in spec.rescale_factors:
        found.append(Ascent("keskar", factor, spec.rescaled_epsilon))
        found.append(Ascent("adaptive", factor, spec.rescaled_adaptive_epsilon))
    return found


def train(
    specs: Sequence[Sensitivity],
    *,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    state: State | None = None,
) -> Iterator[State]:
    """Train and measure one run after the other; yields every 50 batches, every 500 Jacobians and every ascent."""
    return classifier.train(specs, device=device, dtype=dtype, state=state, kind=_Probed)


class _Probed(Group):
    """One classifier, and what has been measured of its end."""

    def __init__(self, specs: list[Sensitivity], *, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__(list[Classifier](specs), device=device, dtype=dtype)
        self.spec, self.ascents = specs[0], ascents(specs[0])
        _check_enough(self.spec)
        self.norms = torch.full((2, self.spec.n_jacobian), torch.nan, dtype=torch.float64)
        self.rises = torch.full((len(self.ascents), 2), torch.nan, dtype=torch.float64)
        self.n_norms = self.n_rises = 0

    @property
    def _network(self) -> ConvNetwork:
        network = self.epochs.network
        if not isinstance(network, ConvNetwork):
            raise TypeError(f"`model` must be convolutional, got {self.spec.model!r}")
        return network

    def iterate(self) -> Iterator[None]:
        """Train, then measure; a run whose loss is not finite is not measured."""
        yield from super().iterate()
        if all(self.finite()):
            yield from self._measure_jacobian()
            yield from self._measure_sharpness()

    def _measure_jacobian(self) -> Iterator[None]:
        images = self.epochs.data.test[: self.spec.n_jacobian]
        while self.n_norms < len(images):
            span = slice(self.n_norms, min(self.n_norms + JACOBIAN_CHUNK, len(images)))
            norms = jacobian_norms(self._network.net, self._network.theta, images[span])
            self.norms[:, span] = torch.stack(norms).double().cpu()
            self.n_norms = span.stop
            if span.stop % (JACOBIAN_CHUNK * CHUNKS_PER_PAUSE) == 0:
                yield

    def _measure_sharpness(self) -> Iterator[None]:
        while self.n_rises < len(self.ascents):
            self.rises[self.n_rises] = torch.tensor(self._rise(self.ascents[self.n_rises]), dtype=torch.float64)
            self.n_rises += 1
            yield

    def _rise(self, ascent: Ascent) -> Rise:
        theta = self._network.theta
        if ascent.factor != 1:
            theta = rescaled(self.layers, theta, ascent.factor)
        widths = half_widths(theta, ascent.box)
        return rise(self._loss_gradient, theta, widths, epsilon=ascent.epsilon, steps=self.spec.ascent_steps)

    def _loss_gradient(self, theta: Float[Tensor, " p"]) -> tuple[float, Float[Tensor, " p"]]:
        """Mean cross-entropy of the training images that are kept for this, in evaluation mode, and its gradient."""
        n = self.spec.n_sharpness
        images, labels = self.epochs.data.train[:n], self.epochs.labels[0, :n]
        total, gradient = 0.0, torch.zeros_like(theta)
        for x, y in zip(images.split(LOSS_CHUNK), labels.split(LOSS_CHUNK), strict=True):
            with torch.enable_grad():
                point = theta.detach().requires_grad_()
                loss, _ = self._network.net.loss(point, x, y)
                (part,) = torch.autograd.grad(loss, point)
            share = len(x) / len(images)
            gradient.add_(part, alpha=share)
            total += loss.item() * share
        return total, gradient

    def progress(self) -> Progress:
        """Epochs, then Jacobians, then ascents."""
        training = super().progress()
        if self.epochs.epoch < self.epochs.n_epochs:
            return training._replace(fraction=TRAINING * training.fraction)
        n, n_all = len(self.norms[0]), len(self.ascents)
        measured = (self.n_norms / n + self.n_rises / n_all) / 2
        fraction = TRAINING + (1 - TRAINING) * measured
        if self.n_norms < n:
            return Progress(self.n_norms, n, "Jacobian", fraction)
        return Progress(self.n_rises, n_all, "ascent", fraction)

    def values(self) -> dict[str, Any]:
        """See `Group`; and what has been measured."""
        own = {name: getattr(self, name) for name in ("norms", "n_norms", "rises", "n_rises")}
        return {**super().values(), **own}

    def restore(self, values: dict[str, Any]) -> None:
        """Continue from a state's values."""
        super().restore(values)
        for name in ("norms", "n_norms", "rises", "n_rises"):
            setattr(self, name, values[name])

    def finished(self) -> tuple[Tables, dict[str, str]]:
        """See `Group`; and the tables of what was measured."""
        tables, failures = super().finished()
        if not failures:
            tables["sensitivity"] = columns([self._sensitivity_row()])
            tables["sharpness"] = columns(list(self._sharpness_rows()))
        return tables, failures

    def _sensitivity_row(self) -> dict[str, Any]:
        of_probabilities, of_logits = self.norms.mean(1).tolist()
        return {"run_id": self.spec.run_id, "jacobian_norm": of_probabilities, "logit_jacobian_norm": of_logits}

    def _sharpness_rows(self) -> Iterator[dict[str, Any]]:
        for ascent, values in zip(self.ascents, self.rises.tolist(), strict=True):
            found = Rise(*values)
            row = {"run_id": self.spec.run_id, **ascent._asdict(), "subset_loss": found.loss}
            yield {**row, "largest_loss": found.largest, "sharpness": found.sharpness}


def _check_enough(spec: Sensitivity) -> None:
    """Refuse to measure on more images than there are.

    Raises:
        ValueError: Naming every such number.
    """
    pairs = (("n_jacobian", "n_test"), ("n_sharpness", "n_train"))
    values = spec.values()
    wrong = [
        f"`{part}` must be at most `{of}` = {values[of]}, got {values[part]}"
        for part, of in pairs
        if values[part] > values[of]
    ]
    if wrong:
        raise ValueError("; ".join(wrong))
