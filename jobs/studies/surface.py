"""1-2-1, left out by the report: explained variance of the same paths, random walks, and the loss around their ends."""

from hw1.specs import Spec, Surface
from jobs.studies import trajectory
from jobs.study import Preset, Study


def specs(preset: Preset, n_seeds: int, dataset: str) -> list[Spec]:
    """The runs of `trajectory`, to the bit, and what is measured of them; their weights are not stored again."""
    return [
        Surface(
            **{name: getattr(spec, name) for name in spec.values()}
            | {"snapshots": False, "n_walks": 10, "n_grid": 31, "extent": 1.25, "n_surface_images": 10_000}
        )
        for spec in trajectory.specs(preset, n_seeds, dataset)
    ]


STUDY = Study(
    name="surface",
    section="1-2-1",
    title="Explained variance of the optimization process, and the loss around its end",
    specs=specs,
    extended=True,
)
