"""1-1-2: LeNet and a larger convolutional network on MNIST."""

from hw1.specs import Model, Spec
from jobs.study import Preset, Study, classifier

MODELS: tuple[Model, ...] = ("lenet", "cnn")


def specs(preset: Preset, n_seeds: int, dataset: str) -> list[Spec]:
    """Both models; the notebooks resize the images and stop after 9 epochs."""
    return [
        classifier(
            seed=seed,
            dataset=dataset,
            frame="resized" if preset == "notebook" else "padded",
            scaling="normalised",
            model=model,
            epochs=9 if preset == "notebook" else 10,
            optimizer="sgd",
            learning_rate=0.01,
            momentum=0.5,
            batch_size=64,
        )
        for seed in range(n_seeds)
        for model in MODELS
    ]


STUDY = Study(name="actual_task", section="1-1-2", title="Train on actual task", specs=specs)
