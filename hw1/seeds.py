"""Random generators: one of its own for every run and purpose, seeded from the spec alone."""

import hashlib
from typing import Literal

import torch

Purpose = Literal["init", "order", "second order", "labels", "dropout", "directions", "walks"]


def generator(seed: int, purpose: Purpose) -> torch.Generator:
    """A CPU generator for one purpose of one run.

    Runs that share a seed share their initialisation stream and their data order, so that they can be compared in
    pairs; purposes are independent of each other. Drawn on the CPU on every device: a GPU run sees the same numbers.
    """
    digest = hashlib.sha256(f"{purpose}:{seed}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little"))
