"""The local submission as a user sees it: what it says, and its exit code."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from jobs.display import Display, duration
from jobs.local import Outcome, submit
from jobs.printing import PIPE_WIDTH
from jobs.sweep import Device, Run

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


def submit_locally(runs: Sequence[Run], *, out: Path, n_workers: int, device: Device) -> int:
    """Train what is pending and say how it went; 0 if every run is done, 1 if one failed, 130 if interrupted."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=PIPE_WIDTH)
    outcome = submit(runs, out=out, n_workers=n_workers, device=device, display=Display(console))
    for line in _said(runs, outcome):
        console.print(line, soft_wrap=True, markup=False)
    if outcome.interrupted:
        return INTERRUPTED
    return 0 if outcome.standing.counts(runs)["done"] == len(runs) else 1


def _said(runs: Sequence[Run], outcome: Outcome) -> list[str]:
    counts = outcome.standing.counts(runs)
    lines = [f"task {error}" for error in outcome.errors]
    for run in runs:
        if outcome.standing.state(run.run_id) == "failed":
            why = outcome.standing.failed[run.run_id]
            lines.append(f"failed: {run.run_id} {run.study.name} {run.label}: {why.message} (hw1 logs {run.run_id})")
    if counts["failed"]:
        lines.append(f"{counts['failed']} run(s) failed: `hw1 retry` makes them pending again")
    if outcome.n_trained:
        lines.append(f"trained {outcome.n_trained} runs in {duration(outcome.seconds)}")
    if counts["done"] == len(runs):
        lines.append(f"all {len(runs)} runs are done: `hw1 report` draws the figures")
    elif outcome.interrupted:
        lines.append(
            f"stopped with {counts['done']} of {len(runs)} runs done; checkpoints are kept: the same command continues"
        )
    else:
        lines.append(f"{counts['done']} of {len(runs)} runs are done")
    return lines
