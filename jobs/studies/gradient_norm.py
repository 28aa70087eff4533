"""1-2-2: the norm of the gradient beside the loss, at every iteration."""

from hw1.specs import Spec
from jobs.study import DEEP, Preset, Study, function_fit


def specs(preset: Preset, n_seeds: int, dataset: str) -> list[Spec]:  # noqa: ARG001 - one preset, and no data set
    """The deep model on f1."""
    return [
        function_fit(
            seed=seed,
            function="sinc",
            hidden=DEEP,
            optimizer="adam",
            weight_decay=1e-4,
            max_iterations=1200,
            measures="gradient_norm",
        )
        for seed in range(n_seeds)
    ]


STUDY = Study(name="gradient_norm", section="1-2-2", title="Observe gradient norm during training", specs=specs)
