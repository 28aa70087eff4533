"""Work that a device repeats without asking the host: replayed as a CUDA graph on a GPU, simply called elsewhere."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor


class _Recorded(NamedTuple):
    graph: torch.cuda.CUDAGraph
    inputs: tuple[Tensor, ...]


class Repeated:
    """A function of tensors that changes tensors in place and returns nothing.

    On a GPU a step of a small network is tens of kernels of microseconds each, and launching them one by one takes
    longer than they do. For each shape of its inputs the first call is made as it is, which also makes what libraries
    make at their first use; the second is recorded, and it and all later ones are replayed as one launch.

    What it changes must stay where it is, and it must not wait for the device: no `item`, no copy to or from the host.
    """

    def __init__(self, work: Callable[..., None], device: torch.device) -> None:
        """Nothing is called yet."""
        self._work, self._device = work, device
        self._recorded: dict[tuple[torch.Size, ...], _Recorded | None] = {}

    def __call__(self, *inputs: Tensor) -> None:
        """Do it, with inputs on the device."""
        if self._device.type != "cuda":
            self._work(*inputs)
            return
        shapes = tuple(x.shape for x in inputs)
        if shapes not in self._recorded:
            self._recorded[shapes] = None
            self._work(*inputs)
            return
        recorded = self._recorded[shapes] = self._recorded[shapes] or self._record(inputs)
        for kept, given in zip(recorded.inputs, inputs, strict=True):
            kept.copy_(given)
        recorded.graph.replay()

    def _record(self, inputs: tuple[Tensor, ...]) -> _Recorded:
        kept, graph = tuple(x.clone() for x in inputs), torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._work(*kept)
        return _Recorded(graph, kept)
