"""The networks as plain torch modules: the slow, obvious oracle, and what others would train."""

import torch
from torch import Tensor, nn

from hw1 import initial
from hw1.specs import Classifier, FunctionFit, ImageSpec


def module(spec: FunctionFit | ImageSpec) -> nn.Sequential:
    """A spec's network built from torch's own layers."""
    made: list[nn.Module] = []
    if spec.model == "mlp":
        activation = nn.LeakyReLU(spec.negative_slope) if spec.negative_slope else nn.ReLU()
        for layer in spec.layers:
            made += [nn.Linear(layer.n_in, layer.n_out, bias=layer.bias), activation]
        return nn.Sequential(*made[:-1])
    if spec.model == "lenet":
        convolutions = [nn.Conv2d(1, 6, 5), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(6, 16, 5), nn.MaxPool2d(2), nn.ReLU()]
        dense = [nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)]
        return nn.Sequential(*convolutions, nn.Flatten(), *dense)
    first = [nn.Conv2d(1, 32, 5), nn.ReLU(), nn.Conv2d(32, 32, 5), nn.MaxPool2d(2), nn.ReLU(), nn.Dropout()]
    second = [nn.Conv2d(32, 64, 5), nn.MaxPool2d(2), nn.ReLU(), nn.Dropout(), nn.Flatten()]
    return nn.Sequential(*first, *second, nn.Linear(1024, 256), nn.ReLU(), nn.Dropout(), nn.Linear(256, 10))


def initialised(spec: FunctionFit | ImageSpec, *, seed: int, dtype: torch.dtype = torch.float64) -> nn.Sequential:
    """The module with the run's own initial weights."""
    net = module(spec)
    theta = initial.flat(spec.layers, seed=seed)
    with torch.no_grad():
        for parameter, part in zip(net.parameters(), theta.split([p.numel() for p in net.parameters()]), strict=True):
            parameter.copy_(part.view_as(parameter))
    return net.to(dtype)


def optimiser(net: nn.Module, spec: FunctionFit | Classifier) -> torch.optim.Optimizer:
    """Torch's own optimiser with the spec's values."""
    rate, decay = spec.learning_rate, spec.weight_decay
    if spec.optimizer == "sgd":
        return torch.optim.SGD(net.parameters(), lr=rate, momentum=spec.momentum, weight_decay=decay)
    kind = torch.optim.Adam if spec.optimizer == "adam" else torch.optim.RMSprop
    return kind(net.parameters(), lr=rate, weight_decay=decay)


def flattened(net: nn.Module) -> Tensor:
    """All parameters in one vector, in the order of `parameters`."""
    return torch.cat([p.detach().flatten() for p in net.parameters()])
