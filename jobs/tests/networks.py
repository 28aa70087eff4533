"""Networks as people write them, unchanged: what fused training has to take, or to say why it does not."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations

N_CLASSES = 3


class Entry(NamedTuple):
    """A network and the shape of a row of its input; of texts, whole numbers."""

    make: Callable[[], nn.Module]
    shape: tuple[int, ...]
    is_text: bool = False


class Calls(nn.Module):
    """A network whose `forward` is written out."""

    def __init__(self, forward: Callable[[Any, Tensor], Tensor], **parts: Any) -> None:
        """Parts by name."""
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)
        self._forward = forward

    def forward(self, x: Tensor) -> Tensor:
        """As given."""
        return self._forward(self, x)


class Cube(torch.autograd.Function):
    """x³ with a derivative of its own."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor) -> Tensor:  # type: ignore[override]  # the form that `torch.func` takes
        return x**3

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:  # noqa: ARG004 - as torch has it
        ctx.save_for_backward(inputs[0])

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Tensor:
        (x,) = ctx.saved_tensors
        result: Tensor = 3 * x**2 * gradients[0]
        return result


class Counted(nn.Module):
    """Keeps a running mean of what it saw in a buffer that it replaces."""

    seen: Tensor

    def __init__(self) -> None:
        """Nothing seen."""
        super().__init__()
        self.register_buffer("seen", torch.zeros(8))

    def forward(self, x: Tensor) -> Tensor:
        """Without the mean."""
        if self.training:
            self.seen = 0.9 * self.seen + 0.1 * x.detach().mean(0)
        return x - self.seen


class Branching(nn.Module):
    """Decides by values."""

    def __init__(self) -> None:
        """One layer."""
        super().__init__()
        self.last = nn.Linear(8, N_CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Twice as much of large inputs."""
        out: Tensor = self.last(x)
        if out.abs().mean() > 0.5:
            out = out * 2
        return out


def dense(*sizes: int, between: Callable[[], nn.Module] = nn.ReLU, bias: bool = True) -> nn.Sequential:
    """Dense layers with an activation between them."""
    layers = [part for a, b in pairwise(sizes) for part in (nn.Linear(a, b, bias=bias), between())]
    return nn.Sequential(*layers[:-1])


def headed(*parts: nn.Module, n: int) -> nn.Sequential:
    """Parts, then one dense layer on as many numbers."""
    return nn.Sequential(*parts, nn.Flatten(), nn.Linear(n, N_CLASSES))


def tied() -> nn.Module:
    """Two layers with one matrix."""
    net = dense(8, 8, 8, N_CLASSES)
    net[2].weight = net[0].weight  # type: ignore[assignment]  # tied
    return net


def residual() -> nn.Module:
    """A block of a ResNet."""

    def forward(net: Any, x: Tensor) -> Tensor:
        x = net.first(x)
        x = functional.relu(x + net.norm2(net.conv2(functional.relu(net.norm1(net.conv1(x))))))
        result: Tensor = net.last(x.mean((2, 3)))
        return result

    convolutions = {f"conv{k}": nn.Conv2d(4, 4, 3, padding=1, bias=False) for k in (1, 2)}
    norms = {f"norm{k}": nn.BatchNorm2d(4) for k in (1, 2)}
    return Calls(forward, first=nn.Conv2d(2, 4, 3), last=nn.Linear(4, N_CLASSES), **convolutions, **norms)


def recurrent(kind: type[nn.RNNBase], **settings: Any) -> nn.Module:
    """A recurrent layer, and a dense one on its last output."""
    n = 5 * (2 if settings.get("bidirectional") else 1)
    cell = kind(4, 5, batch_first=True, **settings)
    return Calls(lambda net, x: net.last(net.cell(x)[0][:, -1]), cell=cell, last=nn.Linear(n, N_CLASSES))


def encoder() -> nn.Module:
    """Two layers of a transformer's encoder."""
    layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True)
    layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    return Calls(lambda net, x: net.last(net.layers(x).mean(1)), layers=layers, last=nn.Linear(4, N_CLASSES))


def of_mnist1d(*, convolved: bool) -> nn.Module:
    """The networks of Greydanus & Kobak 2024, smaller."""
    if not convolved:
        return dense(40, 20, 20, N_CLASSES)
    strided = [nn.Conv1d(a, 5, k, stride=2, padding=1) for a, k in ((1, 5), (5, 3), (5, 3))]
    parts = [part for each in strided for part in (each, nn.ReLU())]
    return nn.Sequential(nn.Unflatten(1, (1, 40)), *parts, nn.Flatten(), nn.Linear(25, N_CLASSES))


def of_torchvision(name: str, *arguments: Any) -> nn.Module:
    """A module of torchvision's."""
    import torchvision  # noqa: PLC0415 - heavy

    module: nn.Module = getattr(torchvision.ops, name)(*arguments)
    return module


VECTOR, IMAGE, SERIES, TEXT = (8,), (2, 8, 8), (6, 4), (6,)
ZOO: dict[str, Entry] = {
    "linear": Entry(lambda: nn.Linear(8, N_CLASSES), VECTOR),
    "MLP": Entry(lambda: dense(8, 16, 16, N_CLASSES), VECTOR),
    "MLP, tanh": Entry(lambda: dense(8, 5, 5, 5, N_CLASSES, between=nn.Tanh), VECTOR),
    "MLP, no bias": Entry(lambda: dense(8, 7, N_CLASSES, between=nn.SiLU, bias=False), VECTOR),
    "MLP, PReLU": Entry(lambda: dense(8, 7, N_CLASSES, between=nn.PReLU), VECTOR),
    "residual MLP": Entry(
        lambda: Calls(lambda n, x: n.last(x + n.inner(x)), inner=dense(8, 6, 8), last=nn.Linear(8, 3)), VECTOR
    ),
    "LayerNorm": Entry(lambda: nn.Sequential(nn.Linear(8, 6), nn.LayerNorm(6), nn.GELU(), nn.Linear(6, 3)), VECTOR),
    "GroupNorm": Entry(lambda: nn.Sequential(nn.Linear(8, 6), nn.GroupNorm(2, 6), nn.Linear(6, 3)), VECTOR),
    "BatchNorm1d": Entry(lambda: nn.Sequential(nn.Linear(8, 6), nn.BatchNorm1d(6), nn.Linear(6, 3)), VECTOR),
    "BatchNorm2d": Entry(lambda: headed(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), n=108), IMAGE),
    "InstanceNorm2d": Entry(lambda: headed(nn.Conv2d(2, 3, 3), nn.InstanceNorm2d(3), n=108), IMAGE),
    "dropout": Entry(lambda: nn.Sequential(nn.Linear(8, 16), nn.Dropout(0.3), nn.ReLU(), nn.Linear(16, 3)), VECTOR),
    "functional dropout": Entry(
        lambda: Calls(lambda n, x: n.last(functional.dropout(x, 0.2, n.training)), last=nn.Linear(8, 3)), VECTOR
    ),
    "Dropout2d": Entry(lambda: headed(nn.Conv2d(2, 4, 3), nn.Dropout2d(0.3), n=144), IMAGE),
    "embedding": Entry(lambda: headed(nn.Embedding(10, 4), n=24), TEXT, is_text=True),
    "Conv1d": Entry(lambda: headed(nn.Conv1d(6, 3, 2), nn.ReLU(), n=9), SERIES),
    "Conv2d": Entry(lambda: headed(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.MaxPool2d(2), n=27), IMAGE),
    "depthwise": Entry(lambda: headed(nn.Conv2d(2, 4, 3, groups=2), nn.ReLU(), n=144), IMAGE),
    "ConvTranspose2d": Entry(lambda: headed(nn.ConvTranspose2d(2, 2, 2), n=162), IMAGE),
    "five layers of convolution and pooling": Entry(
        lambda: headed(
            nn.Conv2d(2, 4, 3, padding=1),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Conv2d(4, 4, 3),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            n=4,
        ),
        IMAGE,
    ),
    "ResNet": Entry(residual, IMAGE),
    "GRU": Entry(lambda: recurrent(nn.GRU), SERIES),
    "LSTM": Entry(lambda: recurrent(nn.LSTM), SERIES),
    "RNN": Entry(lambda: recurrent(nn.RNN), SERIES),
    "GRU, bidirectional, two layers": Entry(lambda: recurrent(nn.GRU, bidirectional=True, num_layers=2), SERIES),
    "transformer's encoder": Entry(encoder, SERIES),
    "weight tying": Entry(tied, VECTOR),
    "weight norm": Entry(
        lambda: nn.Sequential(parametrizations.weight_norm(nn.Linear(8, 5)), nn.ReLU(), nn.Linear(5, 3)), VECTOR
    ),
    "spectral norm": Entry(
        lambda: nn.Sequential(parametrizations.spectral_norm(nn.Linear(8, 5)), nn.Linear(5, 3)), VECTOR
    ),
    "an operation with its own gradient": Entry(
        lambda: Calls(lambda n, x: n.last(Cube.apply(n.first(x))), first=nn.Linear(8, 5), last=nn.Linear(5, 3)), VECTOR
    ),
    "buffers that change": Entry(lambda: nn.Sequential(Counted(), nn.Linear(8, 3)), VECTOR),
    "parameters of its own": Entry(
        lambda: Calls(lambda n, x: n.last(x * n.scale), scale=nn.Parameter(torch.ones(8)), last=nn.Linear(8, 3)), VECTOR
    ),
    "frozen layer": Entry(
        lambda: nn.Sequential(nn.Linear(8, 8).requires_grad_(requires_grad=False), nn.ReLU(), nn.Linear(8, 3)), VECTOR
    ),
    "Bilinear": Entry(lambda: Calls(lambda n, x: n.last(x, x), last=nn.Bilinear(8, 8, 3)), VECTOR),
    "MNIST-1D's MLP": Entry(lambda: of_mnist1d(convolved=False), (40,)),
    "MNIST-1D's CNN": Entry(lambda: of_mnist1d(convolved=True), (40,)),
    "torchvision's MLP": Entry(lambda: of_torchvision("MLP", 8, [6, 3]), VECTOR),
    "torchvision's squeeze and excitation": Entry(
        lambda: headed(of_torchvision("SqueezeExcitation", 2, 2), n=128), IMAGE
    ),
    "control flow on values": Entry(Branching, VECTOR),
    "a value asked for": Entry(lambda: Calls(lambda n, x: n.last(x.tolist() and x), last=nn.Linear(8, 3)), VECTOR),
}
