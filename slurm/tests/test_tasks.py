"""A task that cannot run is refused."""

import pytest

from slurm.tasks import Task


@pytest.mark.parametrize(("minutes", "cpus", "gpus"), [(-1, 1, 0), (float("nan"), 1, 0), (1, 0, 0), (1, 1, -1)])
def test_a_task_out_of_range_is_refused(minutes: float, cpus: int, gpus: int) -> None:
    with pytest.raises(ValueError, match=f"task 'a' must have .* got minutes={minutes}, cpus={cpus}, gpus={gpus}"):
        Task(name="a", call=print, minutes=minutes, cpus=cpus, gpus=gpus)
