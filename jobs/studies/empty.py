"""Not of the report: runs that do nothing, to measure what everything around a run costs."""

from hw1.specs import Empty, Spec
from jobs.study import Preset, Study


def specs(preset: Preset, n_seeds: int, dataset: str) -> list[Spec]:  # noqa: ARG001 - one preset, and no data set
    """A run a seed."""
    return [Empty(seed=seed) for seed in range(n_seeds)]


STUDY = Study(name="empty", section="–", title="Runs that do nothing", specs=specs, unlisted=True)
