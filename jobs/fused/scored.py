"""A network with its loss or its measures as one torch module, so that parameters can be put into it from outside."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from jobs.fused.errors import UnfusedError
from jobs.fused.module import Batch, Data
from jobs.fused.streams import Masks

Tensors = dict[str, Tensor]
PREFIX = "model."


class _Scored(nn.Module):
    """Calls a function of the network, and tells what its buffers are afterwards."""

    def __init__(self, model: nn.Module, of: Callable[[nn.Module, Any], Any]) -> None:
        super().__init__()
        self.model, self.of = model, of

    def forward(self, given: Any) -> tuple[Any, Tensors]:  # noqa: ANN401 - a batch, or all data
        """What the function gives, and the buffers."""
        result = self.of(self.model, given)
        return result, dict(self.model.named_buffers())


class Scorer:
    """Losses and measures of a study, as functions of a run's tensors."""

    def __init__(self, model: nn.Module, run: Any) -> None:  # noqa: ANN401 - a `Module`, or what stands for it
        """Of a network of its own."""
        self.model = model
        self._loss, self._measure = _Scored(model, run.loss), _Scored(model, run.measure)

    def loss(self, tensors: Mapping[str, Tensor], batch: Tensors, key: Tensor | None) -> tuple[Tensor, Tensors]:
        """The loss of one run, and its buffers afterwards; nothing that is given changes.

        Raises:
            UnfusedError: If the loss is no number.
        """
        own = {PREFIX + name: t if t.requires_grad else t.clone() for name, t in tensors.items()}
        if key is None:
            loss, buffers = functional_call(self._loss, own, (Batch(batch),))
        else:
            with Masks(key):
                loss, buffers = functional_call(self._loss, own, (Batch(batch),))
        if not isinstance(loss, Tensor) or loss.dim():
            what = f"shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else type(loss).__name__
            raise UnfusedError(f"`loss` must return a tensor that is one number, got {what}")
        return loss, buffers

    def measure(self, tensors: Mapping[str, Tensor], train: Tensors, test: Tensors) -> dict[str, Any]:
        """The measures of one run."""
        own = {PREFIX + name: t for name, t in tensors.items()}
        with torch.no_grad():
            measures, _ = functional_call(self._measure, own, (Data(train=train, test=test),))
        return dict(measures)


def row(measures: Mapping[str, Any]) -> dict[str, Any]:
    """Measures as Python's numbers and texts."""
    return {
        name: value.item() if isinstance(value, Tensor) and value.numel() == 1 else value
        for name, value in measures.items()
    }
