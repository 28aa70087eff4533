"""Measurements on this machine, kept: every pack has the same answer to a question, and so the same bits."""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import torch


def remembered(question: object, measure: Callable[[], float]) -> float:
    """The answer that the first process to ask on such a CPU has got; a cache may be deleted, not edited.

    Where nothing can be written the answer is `inf`, unmeasured: the same for all.
    """
    cpu = torch.backends.cpu.get_cpu_capability()
    words = (question, cpu, _model(), torch.__version__, torch.get_num_threads())
    path = folder() / f"{hashlib.sha256(repr(words).encode()).hexdigest()[:32]}.json"
    with suppress(OSError, ValueError, TypeError):
        return float(json.loads(path.read_text(encoding="utf-8"))["ratio"])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_once(path, json.dumps({"ratio": round(measure(), 2)}))
        return float(json.loads(path.read_text(encoding="utf-8"))["ratio"])
    except (OSError, ValueError, TypeError):
        return float("inf")


def folder() -> Path:
    """Where it is kept: the user's cache."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "hw1" / "fusion"


def _write_once(path: Path, text: str) -> None:
    """Write a file whole, unless somebody has done so."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()


def _model() -> str:
    """The CPU's model."""
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return ""
