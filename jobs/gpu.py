"""Training on a GPU: arithmetic that repeats itself, and steps that are recorded once and replayed."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor


class _Recorded(NamedTuple):
    graph: torch.cuda.CUDAGraph
    inputs: tuple[Tensor | None, ...]


def exact() -> None:
    """On a GPU: float32 is float32, and the same run gives the same numbers again."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # see cuBLAS, "Results reproducibility"
    torch.backends.cuda.matmul.fp32_precision = "ieee"
    torch.backends.cudnn.conv.fp32_precision = "ieee"  # type: ignore[attr-defined]  # its own default is TF32
    torch.backends.cudnn.deterministic = True


class Repeated:
    """A function of tensors that changes tensors in place and returns nothing; an input may be None.

    On a GPU a step of a small network is tens of kernels of microseconds each, and launching them one by one takes
    longer than they do. For each shape of its inputs the first call is made as it is, which also makes what libraries
    make at their first use; the second is recorded, and it and all later ones are replayed as one launch.

    What it changes must stay where it is, and it must not wait for the device: no `item`, no copy to or from the host.
    """

    def __init__(self, work: Callable[..., None], device: torch.device) -> None:
        """Nothing is called yet."""
        self._work, self._device = work, device
        self._recorded: dict[tuple[torch.Size | None, ...], _Recorded | None] = {}

    def __call__(self, *inputs: Tensor | None) -> None:
        """Do it; of what is replayed, inputs may lie anywhere, and are copied."""
        if self._device.type != "cuda":
            self._work(*inputs)
            return
        shapes = tuple(None if x is None else x.shape for x in inputs)
        if shapes not in self._recorded:
            self._recorded[shapes] = None
            self._work(*inputs)
            return
        recorded = self._recorded[shapes] = self._recorded[shapes] or self._record(inputs)
        for kept, given in zip(recorded.inputs, inputs, strict=True):
            if kept is not None:
                kept.copy_(given)  # type: ignore[arg-type]  # None in the same places
        recorded.graph.replay()

    def _record(self, inputs: tuple[Tensor | None, ...]) -> _Recorded:
        kept = tuple(None if x is None else x.to(self._device, copy=True) for x in inputs)
        graph = torch.cuda.CUDAGraph()
        with _uncollected(), torch.cuda.graph(graph):
            self._work(*kept)
        return _Recorded(graph, kept)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Within it nothing is collected: an older graph that is freed while one is recorded spoils the recording."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
