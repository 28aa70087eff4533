"""One thread: what equal bits are claimed for, and faster on a busy machine."""

import pytest
import torch


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
