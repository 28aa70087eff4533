"""1-3-3: two trained networks from one initialisation, and the line through them."""

from collections.abc import Sequence

from hw1.common import FIRST_SEED
from hw1.specs import Interpolation
from jobs import Spec, Study


def specs(preset: str, seeds: Sequence[int] | None) -> list[Spec]:
    """Pairs that differ in batch size or in learning rate; the notebooks resize the images and have the first pair."""
    pairs = [(100, 500, 1e-2, 1e-2), (100, 100, 1e-2, 1e-3)][: 1 if preset == "notebook" else 2]
    return [
        Interpolation(
            seed=seed,
            dataset="mnist",
            frame="resized" if preset == "notebook" else "padded",
            scaling="unit",
            n_train=60_000,
            n_test=10_000,
            model="lenet",
            hidden=(),
            epochs=15,
            momentum=0.9,
            batch_size_1=batch_size_1,
            batch_size_2=batch_size_2,
            learning_rate_1=learning_rate_1,
            learning_rate_2=learning_rate_2,
            alpha_from=-2.0,
            alpha_to=2.0,
            n_alphas=50,
        )
        for seed in seeds or FIRST_SEED
        for batch_size_1, batch_size_2, learning_rate_1, learning_rate_2 in pairs
    ]


STUDY = Study(
    name="interpolation", section="1-3-3", title="Flatness vs generalization", specs=specs, kinds=(Interpolation,)
)
