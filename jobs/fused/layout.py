"""Places of a run's parameters in its row of the matrix that is stepped."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

WHOLE = 64
"""Rows of the matrix are whole multiples of this many numbers: vectorised kernels have no tail, with other rounding."""


@dataclass(frozen=True, slots=True)
class Block:
    """A weight with its bias, `[out, in + 1]`: the bias is the weight of a constant input of 1. Or one parameter."""

    names: tuple[str, ...]
    shape: torch.Size
    """Of the first."""

    @property
    def size(self) -> int:
        """Its numbers."""
        return self.shape.numel() + (self.shape[0] if len(self.names) > 1 else 0)

    def views(self, part: Tensor) -> list[Tensor]:
        """Its parameters in numbers `[run, size]`."""
        if len(self.names) == 1:
            return [part.unflatten(1, self.shape) if self.shape else part[:, 0]]
        rows = part.unflatten(1, (self.shape[0], -1))
        return [rows[:, :, :-1].unflatten(2, self.shape[1:]), rows[:, :, -1]]


class Layout:
    """Blocks one after the other, and zeros up to a whole multiple."""

    def __init__(self, shapes: Mapping[str, torch.Size], joined: Collection[str] = ()) -> None:
        """Parameters in this order; each weight that is named in `joined` makes a block with the bias after it."""
        self.blocks: list[Block] = []
        names = iter(shapes)
        for name in names:
            self.blocks.append(Block((name, next(names)) if name in joined else (name,), shapes[name]))
        self.n_params = sum(block.size for block in self.blocks)
        self.pad = -self.n_params % WHOLE
        self.parts = [*(block.size for block in self.blocks), self.pad]

    def tensors(self, theta: Tensor) -> dict[str, Tensor]:
        """A matrix `[run, number]` as parameters by name, `[run, …]`: views of it."""
        pieces = zip(self.blocks, theta.split(self.parts, 1), strict=False)  # without the padding
        return {n: v for block, part in pieces for n, v in zip(block.names, block.views(part), strict=True)}

    def rows(self, theta: Tensor) -> Tensor:
        """The matrix with each parameter whole, in their order: the same in every layout."""
        return torch.cat([*(t.flatten(1) if t.dim() > 1 else t[:, None] for t in self.tensors(theta).values())], 1)

    def fill(self, theta: Tensor, rows: Tensor) -> None:
        """Write such rows into the matrix."""
        tensors = self.tensors(theta)
        parts: Sequence[Tensor] = rows.split([t[0].numel() for t in tensors.values()], 1)
        for t, part in zip(tensors.values(), parts, strict=True):
            t.copy_(part.view(t.shape))
