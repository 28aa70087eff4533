"""A parent to send signals to: `driver.py FOLDER GRACE_S CALL...` runs the calls side by side, says how they ended."""

import json
import signal
import sys
import time
from pathlib import Path

from slurm.local import run_local
from slurm.pool import Change
from slurm.tasks import Task
from slurm.tests import calls


def main(folder: Path, grace_s: float, names: list[str]) -> None:
    """Run the calls, each with a path of its own."""
    tasks = [
        Task(name=f"{k}", call=getattr(calls, name)(folder / f"{k}.txt"), minutes=1) for k, name in enumerate(names)
    ]

    def tell(change: Change) -> None:
        print(json.dumps({"task": change.name, "state": change.state, "at": time.time()}), flush=True)

    outcomes = run_local(tasks, folder=folder, n_cpus=len(tasks), on_change=tell, grace_s=grace_s)
    print(json.dumps([(outcome.state, outcome.reason) for outcome in outcomes]), flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whatever the tests run under, nohup for instance
    main(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])
