"""What holds for every test of the science."""

import pytest
import torch


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Workers train with the study's number of threads, which is one; and small tensors gain nothing from more."""
    torch.set_num_threads(1)
