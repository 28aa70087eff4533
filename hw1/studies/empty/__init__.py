"""Not of the report: runs that do nothing, to measure what everything around a run costs."""

from collections.abc import Sequence

from hw1.common import FIRST_SEED
from hw1.specs import Empty
from jobs import Spec, Study


def specs(_preset: str, seeds: Sequence[int] | None) -> list[Spec]:
    """A run a seed."""
    return [Empty(seed=seed) for seed in seeds or FIRST_SEED]


STUDY = Study(name="empty", section="–", title="Runs that do nothing", specs=specs, kinds=(Empty,), presets=(), gpus=0)
