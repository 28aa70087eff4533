"""Networks on images behind one face: a stack of dense ones, or one convolutional one."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from hw1 import initial
from hw1.architecture import N_SHARDS
from hw1.convnet import ConvNet
from hw1.seeds import generator
from hw1.specs import ImageSpec
from hw1.stack import Pass, Stack
from jobs import in_parallel


class Network(ABC):
    """Runs that step together on batches of their own; weights and gradients are flat buffers."""

    theta: Tensor
    gradient: Tensor
    measure_batch: int
    """Images at once when measuring: as many as stay in the cache."""

    @abstractmethod
    def learn(
        self, images: Tensor, labels: Int[Tensor, "run all"], batch: Int[Tensor, "run image"], *drawn: Tensor
    ) -> tuple[Float[Tensor, " run"], Int[Tensor, " run"]]:
        """Write the gradient of each run's mean cross-entropy on its batch; the losses, and how many were right.

        ``drawn`` is what `drawn` gave for this batch.
        """

    def drawn(self, n_images: int) -> tuple[Tensor, ...]:  # noqa: ARG002 - most need no chance to learn
        """Random numbers for one pass over so many images, on the device that the network is on."""
        return ()

    @abstractmethod
    def measure(
        self, images: Tensor, labels: Int[Tensor, "run image"]
    ) -> tuple[Float[Tensor, " run"], Int[Tensor, " run"]]:
        """Each run's mean cross-entropy and number of right answers on the same images, in evaluation mode."""

    @abstractmethod
    def rows(self) -> Float[Tensor, "run p"]:
        """Each run's parameters."""

    def generators(self) -> Sequence[torch.Generator]:
        """Generators that learning draws from, to be saved with the weights."""
        return ()


@final
class DenseNetworks(Network):
    """Dense ReLU networks of one shape, with the gradient in closed form."""

    measure_batch = 1000

    def __init__(self, specs: Sequence[ImageSpec], *, device: torch.device, dtype: torch.dtype) -> None:
        """Initial weights from each run's seed."""
        self.layers = specs[0].layers
        rows = torch.stack([initial.augmented(self.layers, seed=spec.seed) for spec in specs])
        self.stack = Stack(self.layers, rows.to(device, dtype), shared=specs[0].is_fused)
        self.theta, self.gradient = self.stack.theta, self.stack.gradient
        self._passes: dict[int, Pass] = {}
        self._batches: dict[int, Tensor] = {}

    def _pass(self, n_points: int) -> Pass:
        if n_points not in self._passes:
            self._passes[n_points] = Pass(self.stack, n_points=n_points, negative_slope=0.0)
        return self._passes[n_points]

    def learn(self, images: Tensor, labels: Tensor, batch: Tensor, *_drawn: Tensor) -> tuple[Tensor, Tensor]:
        """See `Network`. The batch is gathered once into a buffer that every step reuses."""
        n = batch.shape[1]
        shape = (self.stack.n_stacked, n, images.shape[1])
        gathered = self._batches.setdefault(n, images.new_empty(0))
        if gathered.shape != shape:
            gathered = self._batches[n] = images.new_empty(shape)
        for k in range(self.stack.n_stacked):
            torch.index_select(images, 0, batch[k % len(batch)], out=gathered[k])
        chosen = labels.gather(1, batch).expand(self.stack.n_stacked, -1)
        loss, right, log_p = self._losses(self._pass(n), gathered.transpose(1, 2), chosen)
        d_logits = log_p.exp_().scatter_add_(1, chosen[:, None], log_p.new_full((), -1.0).expand_as(chosen[:, None]))
        self._pass(n).backward(d_logits.div_(n))
        return loss, right

    def measure(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """See `Network`."""
        chosen = labels.expand(self.stack.n_stacked, -1)
        loss, right, _ = self._losses(self._pass(len(images)), images.T[None], chosen)
        return loss, right

    def _losses(self, pass_: Pass, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits = pass_.forward(x)
        log_p = torch.log_softmax(logits, 1)
        n = self.stack.n_runs
        loss = -log_p.gather(1, labels[:, None])[:n, 0].mean(1)
        return loss, (logits.argmax(1) == labels)[:n].sum(1), log_p

    def rows(self) -> Tensor:
        """See `Network`; in the order of a `Stack`'s blocks."""
        return self.stack.rows(self.theta)


@final
class ConvNetwork(Network):
    """One convolutional network.

    On a CPU the CNN takes a batch in `N_SHARDS` parts, on as many cores as are free, and adds them in their order: the
    numbers are those of any number of cores. LeNet's program works on blocks of images, and has the batch whole.
    """

    def __init__(self, spec: ImageSpec, *, device: torch.device, dtype: torch.dtype) -> None:
        """Initial weights from the run's seed."""
        self.net = ConvNet(spec.model, spec.layers)
        self.theta = initial.flat(self.net.layers, seed=spec.seed).to(device, dtype)
        self.gradient = torch.zeros_like(self.theta)
        self.dropout = generator(spec.seed, "dropout")
        # On a CPU as many as its caches hold; on a GPU launches take longer than their work until there are thousands.
        self.measure_batch = 5_000 if device.type == "cuda" else 100
        self._n_shards = N_SHARDS if spec.model == "cnn" and device.type == "cpu" else 1

    def drawn(self, n_images: int) -> tuple[Tensor, ...]:
        """Bytes for dropout, drawn on the CPU on every device, from the run's own generator."""
        n_bytes = sum(self.net.coin_bytes(n_images))
        coins = torch.empty(n_bytes, dtype=torch.uint8).random_(generator=self.dropout)
        return (coins.to(self.theta.device),) if n_bytes else ()

    def learn(self, images: Tensor, labels: Tensor, batch: Tensor, *drawn: Tensor) -> tuple[Tensor, Tensor]:
        """See `Network`."""
        x, y = images[batch[0]], labels[0, batch[0]]

        @torch.enable_grad()
        def learned(span: slice) -> tuple[Tensor, Tensor, Tensor]:
            theta = self.theta.detach().requires_grad_()
            loss, right = self.net.loss(theta, x[span], y[span], *(self._coins(all_, span, len(x)) for all_ in drawn))
            return loss.detach(), right, torch.autograd.grad(loss, theta)[0]

        (losses, right, gradients), shares = self._shards(learned, len(x))
        self.gradient = _mean(gradients, shares)
        return _mean(losses, shares)[None], sum(right)[None]

    def measure(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """See `Network`."""

        @torch.no_grad()
        def measured(span: slice) -> tuple[Tensor, Tensor]:
            return self.net.loss(self.theta, images[span], labels[0, span])

        (losses, right), shares = self._shards(measured, len(images))
        return _mean(losses, shares)[None], sum(right)[None]

    def _shards(self, of: Callable[[slice], tuple[Tensor, ...]], n_images: int) -> tuple[list[Any], list[float]]:
        """Values of all shards, a sequence each, and the shards' shares of the images."""
        n = min(self._n_shards, n_images)
        spans = [slice(k * n_images // n, (k + 1) * n_images // n) for k in range(n)]
        found = in_parallel([partial(of, span) for span in spans])
        return list(zip(*found, strict=True)), [(span.stop - span.start) / n_images for span in spans]

    def _coins(self, drawn: Tensor, span: slice, n_images: int) -> Tensor:
        """A shard's bytes for every dropout: of each of them an image has whole ones."""
        if span == slice(0, n_images):
            return drawn
        layers = drawn.split(self.net.coin_bytes(n_images))
        sizes = [len(layer) // n_images for layer in layers]
        return torch.cat([layer[span.start * n : span.stop * n] for layer, n in zip(layers, sizes, strict=True)])

    def rows(self) -> Tensor:
        """See `Network`; in the order of `nn.Module.parameters`."""
        return self.theta[None]

    def generators(self) -> Sequence[torch.Generator]:
        """The one that dropout draws from."""
        return (self.dropout,)


def _mean(values: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """The mean over all images, by means over shards of them."""
    total = values[0] * shares[0]
    for value, share in zip(values[1:], shares[1:], strict=True):
        total.add_(value, alpha=share)
    return total


def means(of: Network, images: Tensor, labels: Int[Tensor, "#run image"]) -> Float[Tensor, "measure run"]:
    """Each run's mean cross-entropy and accuracy over all of the images, batch by batch, in float64 on the CPU."""
    total = torch.zeros(2, 1, dtype=torch.float64, device=images.device)
    for start in range(0, len(images), of.measure_batch):
        batch, span = images[start : start + of.measure_batch], slice(start, start + of.measure_batch)
        with torch.no_grad():
            loss, right = of.measure(batch, labels[:, span])
        total = total + torch.stack([loss.double() * len(batch), right.double()])
    return total.cpu() / len(images)


def network(specs: Sequence[ImageSpec], *, device: torch.device, dtype: torch.dtype) -> Network:
    """The network that a pack of one shape trains."""
    if specs[0].model == "mlp":
        return DenseNetworks(specs, device=device, dtype=dtype)
    return ConvNetwork(specs[0], device=device, dtype=dtype)
