"""1-2-1: the weights of a small network along its training, for principal components."""

from hw1.specs import Spec
from jobs.study import Preset, Study, classifier


def specs(preset: Preset, n_seeds: int, dataset: str) -> list[Spec]:
    """Eight runs count as one seed; the notebooks ran seven."""
    n_runs = 7 if preset == "notebook" else 8
    return [
        classifier(
            seed=seed,
            dataset=dataset,
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
        for seed in range(n_runs * n_seeds)
    ]


STUDY = Study(name="trajectory", section="1-2-1", title="Visualize the optimization process", specs=specs)
