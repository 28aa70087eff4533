"""One door to all trainers: what may share a pack, and the iterator that trains one."""

import os
from collections.abc import Callable, Iterator, Sequence

import torch

from hw1 import barrier, classifier, critical_point, empty, function_fit, interpolation, sensitivity, surface
from hw1.shapes import check_shared
from hw1.specs import (
    Barrier,
    Classifier,
    Corrupted,
    CriticalPoint,
    Empty,
    FunctionFit,
    Interpolation,
    Sensitivity,
    Spec,
    Surface,
)
from hw1.state import State

TRAINERS: dict[str, Callable[..., Iterator[State]]] = {
    FunctionFit.kind: function_fit.train,
    Classifier.kind: classifier.train,
    Interpolation.kind: interpolation.train,
    Sensitivity.kind: sensitivity.train,
    CriticalPoint.kind: critical_point.train,
    Surface.kind: surface.train,
    Barrier.kind: barrier.train,
    Corrupted.kind: classifier.train,
    Empty.kind: empty.train,
}
"""What trains the specs of each kind; all take the arguments of `train`."""


def train(
    specs: Sequence[Spec],
    *,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    state: State | None = None,
) -> Iterator[State]:
    """Train one pack: specs of one shape and schedule. Yields its state as it goes, and last its tables.

    Each run's numbers do not depend on who shares its pack; on a CPU they are equal to the last bit.

    Args:
        specs: What to train; equal but for what the trainer lets differ.
        device: Where.
        dtype: Of weights and data; float32 is what the study's numbers are.
        state: To continue from: one that this pack's iterator yielded.

    Raises:
        ValueError: If the specs cannot share a pack.
    """
    check_shared(specs)
    if device.type == "cuda":
        _exact()
    return TRAINERS[specs[0].kind](specs, device=device, dtype=dtype, state=state)


def _exact() -> None:
    """On a GPU: float32 is float32, and the same run gives the same numbers again."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # see cuBLAS, "Results reproducibility"
    torch.backends.cuda.matmul.fp32_precision = "ieee"
    torch.backends.cudnn.conv.fp32_precision = "ieee"  # type: ignore[attr-defined]  # its own default is TF32
    torch.backends.cudnn.deterministic = True
