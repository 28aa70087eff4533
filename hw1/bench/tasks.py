"""One run as a task that any runner can be handed: a function of a text that gives numbers back."""

import json
import random
import time
from pathlib import Path

from hw1.bench.numbers import Numbers
from hw1.specs import KINDS
from jobs.spec import from_json


def task(text: str) -> Numbers:
    """Do one run by the notebooks' loop on one thread, from its spec as canonical JSON."""
    spec = from_json(text, KINDS)
    if not spec.needs_torch:
        return {"train_loss": random.Random(spec.seed).random()}  # noqa: S311 - no secret
    import torch  # noqa: PLC0415 - not for runs that do nothing

    from hw1.bench.plain import run  # noqa: PLC0415 - imports torch

    torch.set_num_threads(1)
    return run(spec)


def written(text: str, path: str) -> None:
    """Do one run, and write its numbers into a file as JSON."""
    Path(path).write_text(json.dumps(task(text)), encoding="utf-8")


def warm(text: str) -> int:
    """Import what `task` will need of this spec, and wait so long that every worker is given one of these."""
    if from_json(text, KINDS).needs_torch:
        import hw1.bench.plain  # noqa: F401, PLC0415 - imports torch
    time.sleep(0.5)
    return 0
