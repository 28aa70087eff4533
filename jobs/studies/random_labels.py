"""1-3-1: LeNet on labels drawn at random."""

from hw1.specs import Spec
from jobs.study import Preset, Study, classifier


def specs(preset: Preset, n_seeds: int, dataset: str) -> list[Spec]:
    """LeNet; the notebooks resize the images."""
    return [
        classifier(
            seed=seed,
            dataset=dataset,
            frame="resized" if preset == "notebook" else "padded",
            scaling="normalised",
            model="lenet",
            epochs=75,
            labels="random",
            optimizer="adam",
            learning_rate=1e-4,
            batch_size=100,
        )
        for seed in range(n_seeds)
    ]


STUDY = Study(name="random_labels", section="1-3-1", title="Can network fit random labels?", specs=specs)
