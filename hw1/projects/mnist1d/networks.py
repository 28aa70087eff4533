"""The paper's four networks; its repository's `notebooks/models.py` says their sizes."""

import torch
from torch import Tensor, nn

from hw1.projects.mnist1d.data import DIGITS, N_POINTS

N_CLASSES = len(DIGITS)


class Dense(nn.Module):
    """Two hidden layers of ReLU, the second added to the first: the repository's MLP. Without `skip`, a plain one."""

    def __init__(self, width: int, *, skip: bool) -> None:
        """15,210 parameters at a width of 100."""
        super().__init__()
        self.first, self.second = nn.Linear(N_POINTS, width), nn.Linear(width, width)
        self.last, self.skip = nn.Linear(width, N_CLASSES), skip

    def forward(self, x: Tensor) -> Tensor:
        """Scores of the classes, `[row, class]`."""
        hidden = torch.relu(self.first(x))
        out = torch.relu(self.second(hidden))
        scores: Tensor = self.last(hidden + out if self.skip else out)
        return scores


class Recurrent(nn.Module):
    """A GRU in both directions, its states at all points read by a linear layer: 5,134 parameters."""

    def __init__(self) -> None:
        """Six units a direction."""
        super().__init__()
        self.gru = nn.GRU(1, 6, batch_first=True, bidirectional=True)
        self.last = nn.Linear(2 * 6 * N_POINTS, N_CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Scores of the classes, `[row, class]`."""
        scores: Tensor = self.last(self.gru(x[:, :, None])[0].flatten(1))
        return scores


def convolutions() -> nn.Module:
    """Three convolutions of 25 channels, each of stride 2: 5,210 parameters."""
    layers: list[nn.Module] = [nn.Unflatten(1, (1, N_POINTS))]
    for n_in, size in ((1, 5), (25, 3), (25, 3)):
        layers += [nn.Conv1d(n_in, 25, size, stride=2, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(125, N_CLASSES))


def network(name: str, *, width: int, skip: bool) -> nn.Module:
    """One of the four; only the MLP has a width and may have a skip connection.

    Raises:
        ValueError: If it is none of them.
    """
    match name:
        case "logistic":
            return nn.Linear(N_POINTS, N_CLASSES)
        case "mlp":
            return Dense(width, skip=skip)
        case "cnn":
            return convolutions()
        case "gru":
            return Recurrent()
    raise ValueError(f"`network` must be logistic, mlp, cnn or gru, got {name!r}")
