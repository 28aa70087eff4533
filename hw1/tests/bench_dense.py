"""Speed of the report's own trainer of function fits beside the same networks as modules and as a plain loop.

`python -m hw1.tests.bench_dense` prints CPU time of a step of all fifty on one thread, the median of some turns.
"""

import torch

from hw1.function_fit import Fit
from hw1.studies.minimal_ratio import specs
from jobs.tests.bench_fused import N_RUNS, N_STEPS, compare, sides


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    runs = [each.replace(measures="predictions", gradient_norm_below=None) for each in specs("report", None)]
    fit = Fit(runs[:N_RUNS], device=torch.device("cpu"), dtype=torch.float32)  # type: ignore[arg-type]  # FunctionFits

    def own() -> None:
        fit._iterate_one_by_one(fit.iteration + N_STEPS)  # without what follows training

    compare({"its own trainer": own, **sides()})


if __name__ == "__main__":
    main()
