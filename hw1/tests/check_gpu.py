"""What a GPU's numbers are beside each other's and the CPU's: run `python -m hw1.tests.check_gpu` where there is one.

Of every kind of run: the largest difference of any number that is stored, over the largest number of its column, of
runs in a pack against one alone, of a pack against the same again, and of the GPU against the CPU; and seconds of both.
"""

import argparse
import time
from collections.abc import Sequence

import numpy as np
import torch

from hw1.tests import made
from hw1.tests.test_same_bits import EVERY, FUSED
from hw1.train import train
from jobs import Spec
from jobs.state import State


def trained(specs: Sequence[Spec], device: torch.device) -> tuple[State, float]:
    """The last state, and the seconds that it took."""
    begun = time.perf_counter()
    *_, last = train(specs, device=device)
    return last, time.perf_counter() - begun


def apart(one: State, other: State) -> float:
    """The largest difference of the numbers of the runs of `one`, each over the largest of its column."""
    mine, theirs = made.by_run(one.tables), made.by_run(other.tables)
    largest = 0.0
    for run_id, columns in mine.items():
        for name, values in columns.items():
            if values.dtype.kind not in "fib":
                continue
            a, b = values.astype(float), theirs[run_id][name].astype(float)
            if a.shape != b.shape:
                return np.inf
            scale = np.nanmax(np.abs(a), initial=0.0) or 1.0
            largest = max(largest, float(np.nanmax(np.abs(a - b), initial=0.0) / scale))
    return largest


def main() -> None:
    """A line for each kind of run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", help="what to hold against the CPU")
    device = torch.device(parser.parse_args().device)
    torch.set_num_threads(1)
    print(f"{'':28} {'alone':>9} {'again':>9} {'CPU':>9} {'device s':>9} {'CPU s':>9}")
    for name, spec in EVERY.items():
        specs = [spec(k) for k in range(8 if name in FUSED else 2)]
        there, seconds = trained(specs, device)
        alone, again = trained(specs[:1], device)[0], trained(specs, device)[0]
        here, here_s = trained(specs, made.CPU)
        differences = [apart(alone, there), apart(again, there), apart(here, there)]
        print(f"{name:28}", *(f"{each:9.1e}" for each in differences), f"{seconds:9.2f} {here_s:9.2f}", flush=True)


if __name__ == "__main__":
    main()
