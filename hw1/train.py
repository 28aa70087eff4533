"""One door to all trainers of the report's runs."""

import importlib
from collections.abc import Iterator, Sequence

import torch

from hw1.specs import Seeded
from jobs import State, check_shared, exact


def train(
    specs: Sequence[Seeded],
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
        exact()
    trainer = importlib.import_module(specs[0].trainer)
    states: Iterator[State] = trainer.train(specs, device=device, dtype=dtype, state=state)
    return states
