"""The device that `runs` records: for a function, what it really used."""

import sys
from types import SimpleNamespace

import pytest

from jobs.worker.device import begin_use, gpu_memory_gb, used


class Cuda:
    """Stands in for `torch.cuda` of a machine with two GPUs, where there is none."""

    def __init__(self, peaks: list[int], *, begun: bool = True) -> None:
        """With the most bytes that each GPU has held."""
        self.peaks, self.held, self.begun = peaks, [0] * len(peaks), begun

    def is_initialized(self) -> bool:
        return self.begun

    def device_count(self) -> int:
        return len(self.peaks)

    def max_memory_allocated(self, index: int) -> int:
        return self.peaks[index]

    def reset_peak_memory_stats(self, index: int) -> None:
        self.peaks[index] = self.held[index]

    def get_device_name(self, device: object) -> str:
        return f"GPU {getattr(device, 'index', device)}"


def test_a_function_has_used_the_gpu_on_which_torch_had_memory_and_the_next_pack_only_if_it_has_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cuda = Cuda([0, 512])
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    assert used(None) == "GPU 1"
    begin_use()
    assert used(None) == "cpu"
    cuda.held[0] = 7  # what a module keeps there from one run to the next
    begin_use()
    assert used(None) == "GPU 0"


def test_it_is_the_cpu_where_torch_is_not_imported_or_has_begun_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    begin_use()
    assert used(None) == "cpu"
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=Cuda([512], begun=False)))
    assert used(None) == "cpu"


def test_a_trainers_device_is_the_one_that_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=Cuda([512, 512])))
    assert used(SimpleNamespace(type="cpu")) == "cpu"  # type: ignore[arg-type]
    assert used(SimpleNamespace(type="cuda", index=1)) == "GPU 1"  # type: ignore[arg-type]


def test_the_memory_of_a_gpu_is_told_of_packs_that_used_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=Cuda([2**30, 3 * 2**29])))
    assert gpu_memory_gb(None) == 1.5
    assert gpu_memory_gb(SimpleNamespace(type="cpu")) is None  # type: ignore[arg-type]
    begin_use()
    assert gpu_memory_gb(None) is None
    monkeypatch.delitem(sys.modules, "torch")
    assert gpu_memory_gb(None) is None
