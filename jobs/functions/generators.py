"""Random generators of a process: Python's, numpy's and torch's, as far as they are imported."""

import importlib
import random
import sys
from collections.abc import Callable
from typing import Any


def states() -> dict[str, Any]:
    """States of the generators."""
    return {name: state() for name, (state, _) in _GENERATORS.items() if name in sys.modules and _is_used(name)}


def restore(kept: dict[str, Any]) -> None:
    """Put the generators back where they stood."""
    for name, state in kept.items():
        importlib.import_module(name)
        _GENERATORS[name][1](state)


def seed(run_id: str) -> None:
    """Start all generators from a run's identity, so that who shares its pack changes no number."""
    number = int(run_id, 16) if run_id else 0
    random.seed(number)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(number % 2**32)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(number % 2**63)


def _is_used(name: str) -> bool:
    return name != "torch.cuda" or bool(sys.modules["torch.cuda"].is_initialized())


_GENERATORS: dict[str, tuple[Callable[[], Any], Callable[[Any], None]]] = {
    "random": (random.getstate, random.setstate),
    "numpy": (
        lambda: sys.modules["numpy"].random.get_state(),  # noqa: PLW0108 - not before numpy is imported
        lambda state: sys.modules["numpy"].random.set_state(state),  # noqa: PLW0108
    ),
    "torch": (
        lambda: sys.modules["torch"].get_rng_state().numpy().tobytes(),
        lambda state: sys.modules["torch"].set_rng_state(_tensor(state)),
    ),
    "torch.cuda": (
        lambda: [each.numpy().tobytes() for each in sys.modules["torch.cuda"].get_rng_state_all()],
        lambda state: sys.modules["torch.cuda"].set_rng_state_all(list(map(_tensor, state))),
    ),
}
"""Functions that read and set a module's global generators."""


def _tensor(state: bytes) -> Any:  # noqa: ANN401 - torch is not imported here
    torch = sys.modules["torch"]
    return torch.frombuffer(bytearray(state), dtype=torch.uint8)
