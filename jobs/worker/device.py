"""The device of a run, and whether torch is installed for those that need it."""

import importlib.util
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from jobs.errors import DataError, remedy
from jobs.spec import Spec
from jobs.sweep import Device

if TYPE_CHECKING:
    import torch


def device_of(spec: Spec, wanted: Device) -> "torch.device | None":
    """Where such runs are trained; None if they need no torch, which is not imported then.

    Raises:
        DataError: If they need torch, and it is not installed.
    """
    if not spec.needs_torch:
        return None
    check_torch([spec])
    import torch  # noqa: PLC0415 - heavy; the submitting process never needs it

    cuda = wanted == "cuda" or (wanted == "auto" and torch.cuda.is_available())
    return torch.device("cuda" if cuda else "cpu")


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
