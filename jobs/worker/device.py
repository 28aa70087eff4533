"""The device of a run, and whether torch is installed for those that need it."""

import importlib.util
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jobs.errors import DataError, remedy
from jobs.spec import Spec
from jobs.sweep import Device

if TYPE_CHECKING:
    import torch


def device_of(spec: Spec, wanted: Device) -> "torch.device | None":
    """Device that trains such runs; None if they need no torch, which is not imported then.

    Raises:
        DataError: If they need torch, and it is not installed.
    """
    if not spec.needs_torch:
        return None
    check_torch([spec])
    import torch  # noqa: PLC0415 - heavy; the submitting process never needs it

    cuda = wanted == "cuda" or (wanted == "auto" and torch.cuda.is_available())
    return torch.device("cuda" if cuda else "cpu")


def begin_use() -> None:
    """Forget how much memory earlier packs of this process had on GPUs, so that `used` tells of this one."""
    torch = _torch_on_gpus()
    for index in range(torch.cuda.device_count()) if torch is not None else ():
        torch.cuda.reset_peak_memory_stats(index)


def used(device: "torch.device | None") -> str:
    """The name of the device that a pack was trained on: of a GPU, or `cpu`.

    A function chooses for itself: it has used the first GPU on which torch had memory since `begin_use`. What a
    command or another library than torch does there is not seen.
    """
    if device is not None and device.type == "cpu":
        return "cpu"
    torch = _torch_on_gpus()
    if torch is None:
        return "cpu"
    if device is not None:
        return str(torch.cuda.get_device_name(device))
    had = (k for k in range(torch.cuda.device_count()) if torch.cuda.max_memory_allocated(k))
    return next((str(torch.cuda.get_device_name(k)) for k in had), "cpu")


def gpu_memory_gb(device: "torch.device | None") -> float | None:
    """The most memory that torch has had on one GPU since `begin_use`, in GiB; None for a pack that has used none."""
    torch = _torch_on_gpus()
    if torch is None or used(device) == "cpu":
        return None
    return max(int(torch.cuda.max_memory_allocated(k)) for k in range(torch.cuda.device_count())) / 2**30


def _torch_on_gpus() -> Any:  # noqa: ANN401 - a module
    """Torch, if this process has imported it and begun to use a GPU."""
    torch = sys.modules.get("torch")
    return torch if torch is not None and torch.cuda.is_initialized() else None


def check_torch(specs: Iterable[Spec]) -> None:
    """See that torch is installed, without importing it, if runs need it.

    Raises:
        DataError: If it is not; says what to install.
    """
    kinds = sorted({spec.kind for spec in specs if spec.needs_torch})
    if kinds and not _is_installed("torch"):
        raise DataError(f"runs of {', '.join(kinds)} need torch, which is not installed: {remedy('torch')}")


def _is_installed(library: str) -> bool:
    with suppress(ImportError, ValueError):
        return importlib.util.find_spec(library) is not None
    return False
