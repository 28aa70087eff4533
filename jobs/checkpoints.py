"""Checkpoints: the state of a pack that has begun, written whole or not at all."""

import os
import pickle
from pathlib import Path
from typing import Any

SUFFIX = ".pt"
SPLIT = ".split"


class Checkpoints:
    """One file a pack under `<out>/checkpoints/`; beside it, the pack's run ids as text for those without torch."""

    def __init__(self, out: Path) -> None:
        """Nothing is made until something is saved."""
        self.folder = out / "checkpoints"

    def begun(self) -> list[list[str]]:
        """Run ids of every pack that has a checkpoint."""
        return [path.read_text().split() for path in sorted(self.folder.glob("*.runs"))]

    def save(self, pack_id: str, run_ids: tuple[str, ...], state: dict[str, Any]) -> None:
        """Replace the pack's checkpoint: temporary file, flush, fsync, rename."""
        import torch  # noqa: PLC0415 - heavy

        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{pack_id}{SUFFIX}"
        partial = path.with_suffix(f".{os.getpid()}.partial")
        try:
            with partial.open("wb") as stream:
                torch.save({"run_ids": list(run_ids), **state}, stream)
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        path.with_suffix(".runs").write_text(" ".join(run_ids))

    def load(self, pack_id: str, run_ids: tuple[str, ...]) -> dict[str, Any] | None:
        """The pack's checkpoint, or None where there is none that can be read and is of the same runs in order."""
        import torch  # noqa: PLC0415 - heavy

        try:
            state = torch.load(self.folder / f"{pack_id}{SUFFIX}", weights_only=True)
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError):
            return None
        return state if state.pop("run_ids") == list(run_ids) else None

    def remove(self, pack_id: str) -> None:
        """Forget a pack that is done."""
        for suffix in (".runs", SUFFIX, SPLIT):
            (self.folder / f"{pack_id}{suffix}").unlink(missing_ok=True)

    def split(self, pack_id: str) -> None:
        """Note that a pack is too much for a worker: from now on its halves are trained instead.

        Raises:
            OSError: If the disk refuses.
        """
        self.remove(pack_id)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{pack_id}{SPLIT}").touch()

    def is_split(self, pack_id: str) -> bool:
        """Whether the pack's halves are trained instead of it."""
        return (self.folder / f"{pack_id}{SPLIT}").exists()
