"""1-2-1, left out by the report: explained variance of the same paths, random walks, and the loss around their ends."""

from collections.abc import Sequence

from hw1.specs import Surface
from hw1.studies import trajectory
from jobs import Spec, Study


def specs(preset: str, seeds: Sequence[int] | None) -> list[Spec]:
    """The runs of `trajectory`, to the bit, and what is measured of them; their weights are not stored again."""
    return [
        Surface(
            **{name: getattr(spec, name) for name in spec.values()}
            | {"snapshots": False, "n_walks": 10, "n_grid": 31, "extent": 1.25, "n_surface_images": 10_000}
        )
        for spec in trajectory.specs(preset, seeds)
    ]


STUDY = Study(
    name="surface",
    section="1-2-1",
    title="Explained variance of the optimization process, and the loss around its end",
    specs=specs,
    kinds=(Surface,),
    presets=("extended",),
    gpus=0,
)
