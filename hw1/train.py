"""One door to all trainers: what may share a pack, and the iterator that trains one."""

from collections.abc import Iterator, Sequence

import torch

from hw1 import classifier, function_fit, interpolation
from hw1.shapes import check_shared
from hw1.specs import Classifier, FunctionFit, Interpolation, Spec
from hw1.state import State


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
    check_shared(list(specs))
    if isinstance(specs[0], FunctionFit):
        fits = [spec for spec in specs if isinstance(spec, FunctionFit)]
        return function_fit.train(fits, device=device, dtype=dtype, state=state)
    if isinstance(specs[0], Classifier):
        classifiers = [spec for spec in specs if isinstance(spec, Classifier)]
        return classifier.train(classifiers, device=device, dtype=dtype, state=state)
    pairs = [spec for spec in specs if isinstance(spec, Interpolation)]
    return interpolation.train(pairs, device=device, dtype=dtype, state=state)
