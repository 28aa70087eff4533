"""Reasons why a study is not fused: the user's line, and the cause."""

import sysconfig
import traceback
from pathlib import Path

import torch

from jobs.fused import __file__ as HERE  # noqa: N812 - a place


class UnfusedError(RuntimeError):
    """Runs cannot be stacked, or not in this way; the message is the reason. They are trained one by one."""


_OURS = (Path(HERE).parent, Path(torch.__file__).parent, Path(sysconfig.get_paths()["stdlib"]))
_REASONS = {
    "data-dependent control flow": "control flow on values",
    ".item()": "it asks for a value (`.item()`, `float`, `if`), which a stack has many of",
    "Cannot access data pointer": "it asks for a value, which a stack has many of",
    "randomness": "it draws at random by another way than dropout",
    "Batching rule not implemented": "torch has no batching rule for it",
    "in-place": "it changes a tensor in place that is shared by the runs",
    "inplace": "it changes a tensor in place that is shared by the runs",
}
"""Words of torch's errors, and what they mean here."""


def reason(error: BaseException) -> str:
    """The user's line, and why it cannot be stacked, in one line."""
    text = " ".join(str(error).split())
    why = next((said for word, said in _REASONS.items() if word in text), "") or text[:160] or type(error).__name__
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not _is_ours(Path(f.filename))]
    if not frames:
        return why
    return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}, `{frames[-1].line}`: {why}"


def _is_ours(file: Path) -> bool:
    return any(file.is_relative_to(each) for each in _OURS) or not file.is_file()
