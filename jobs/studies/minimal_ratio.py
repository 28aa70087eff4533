"""1-2-3: where the gradient is almost zero, the share of directions that curve upwards."""

from hw1.specs import Spec
from jobs.study import Preset, Study, function_fit

N_RUNS = 100


def specs(preset: Preset, n_seeds: int, dataset: str) -> list[Spec]:  # noqa: ARG001 - one preset, and no data set
    """A hundred runs count as one seed."""
    return [
        function_fit(
            seed=seed,
            function="sinc",
            hidden=(4, 9, 12, 10, 10, 10, 4),
            optimizer="adam",
            weight_decay=1e-5,
            max_iterations=4000,
            gradient_norm_below=1e-3,
            measures="spectrum",
        )
        for seed in range(N_RUNS * n_seeds)
    ]


STUDY = Study(name="minimal_ratio", section="1-2-3", title="What happens when gradient is almost zero?", specs=specs)
