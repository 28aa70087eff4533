"""A network with its loss and its measures as functions of tensors that are put into it from outside."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from jobs.fused.errors import UnfusedError
from jobs.fused.module import Batch, Data, Module
from jobs.fused.streams import Masks

warnings.filterwarnings("ignore", "RNN module weights are not part of single contiguous chunk")  # they are a stack's
Tensors = dict[str, Tensor]
PREFIX = "model."


class _Root(nn.Module):
    """The loss as a module, to be traced."""

    def __init__(self, model: nn.Module, loss: Callable[[nn.Module, Any], Tensor]) -> None:
        super().__init__()
        self.model, self.of = model, loss

    def forward(self, batch: Any) -> Tensor:  # noqa: ANN401 - what stands for a batch
        """The loss."""
        return self.of(self.model, batch)


class Scorer:
    """Losses and measures of a study, as functions of a run's tensors; the network is its own."""

    def __init__(self, model: nn.Module, run: Module) -> None:
        """Of a network of its own."""
        self.model, self.run, self.root = model, run, _Root(model, run.loss)
        self.buffers = tuple(name for name, _ in model.named_buffers())
        self._places = _places(model)
        self._cells = [module for module in model.modules() if isinstance(module, nn.RNNBase)]

    def put(self, tensors: Mapping[str, Tensor]) -> None:
        """Let the network compute with these; `functional_call` does as much, in ten times the time."""
        for name, tensor in tensors.items():
            for kept, key in self._places[name]:
                kept[key] = tensor
        for cell in self._cells:
            cell._flat_weights = [getattr(cell, name) for name in cell._flat_weights_names]  # noqa: SLF001 - its copies

    def loss(self, tensors: Tensors, buffers: Tensors, batch: Tensors, key: Tensor | None) -> tuple[Tensor, Tensors]:
        """The loss of one run, and its buffers afterwards; nothing that is given changes.

        Raises:
            UnfusedError: If the loss is no number.
        """
        self.put(tensors)
        self.put({name: t.clone() for name, t in buffers.items()})
        if key is None:
            loss = self.run.loss(self.model, Batch(batch))
        else:
            with Masks(key):
                loss = self.run.loss(self.model, Batch(batch))
        if not isinstance(loss, Tensor) or loss.dim():
            what = f"shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else type(loss).__name__
            raise UnfusedError(f"`loss` must return a tensor that is one number, got {what}")
        return loss, {name: self._buffer(name) for name in buffers}

    def measure(self, tensors: Tensors, train: Tensors, test: Tensors, run: Module | None = None) -> dict[str, Any]:
        """The measures of one run, by its own method where it is given."""
        self.put(tensors)
        with torch.no_grad():
            return dict((run or self.run).measure(self.model, Data(train=train, test=test)))

    def _buffer(self, name: str) -> Tensor:
        kept, key = self._places[name][0]
        tensor: Tensor = kept[key]
        return tensor


def _places(model: nn.Module) -> dict[str, list[tuple[dict[str, Any], str]]]:
    """Places of each tensor in a network's modules: a tied one has several."""
    names = {id(t): name for name, t in (*model.named_parameters(), *model.named_buffers())}
    found: dict[str, list[tuple[dict[str, Any], str]]] = {name: [] for name in names.values()}
    for module in model.modules():
        for kept in (module._parameters, module._buffers):  # noqa: SLF001 - what `functional_call` changes, too
            for key, tensor in kept.items():
                if tensor is not None:
                    found[names[id(tensor)]].append((kept, key))
    return found


def row(measures: Mapping[str, Any]) -> dict[str, Any]:
    """Measures as Python's numbers and texts."""
    return {
        name: value.item() if isinstance(value, Tensor) and value.numel() == 1 else value
        for name, value in measures.items()
    }
