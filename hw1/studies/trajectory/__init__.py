"""1-2-1: the weights of a small network along its training, for principal components."""

from collections.abc import Sequence

from hw1.common import FIRST_SEED, classifier
from hw1.specs import Classifier
from jobs import Spec, Study


def specs(preset: str, seeds: Sequence[int] | None) -> list[Spec]:
    """Eight runs count as one seed; the notebooks ran seven."""
    n_runs = 7 if preset == "notebook" else 8
    return [
        classifier(
            seed=seed,
            dataset="mnist",
            frame="original",
            scaling="unit",
            model="mlp",
            hidden=(10, 20),
            epochs=29,
            optimizer="adam",
            learning_rate=4e-4,
            weight_decay=1e-4,
            batch_size=1000,
            snapshots=True,
        )
        for first in seeds or FIRST_SEED
        for seed in range(n_runs * first, n_runs * (first + 1))
    ]


STUDY = Study(
    name="trajectory",
    section="1-2-1",
    title="Visualize the optimization process",
    specs=specs,
    kinds=(Classifier,),
    gpus=0,
)
