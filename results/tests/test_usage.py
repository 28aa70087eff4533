"""Asked against used, and the advice."""

import math

import pytest

from results.usage import COLUMNS, HEADER, Usage, advice, lines, table, usages


def row(study: str = "s", job: str = "1", **values: object) -> dict[str, object]:
    """A run of 30 s on one core and 1 GiB."""
    known = {"study": study, "host": "n", "job_id": job, "device": "cpu", "seconds": 30.0, "cpu_seconds": 30.0}
    return {**dict.fromkeys(COLUMNS), **known, "memory_gb": 1.0, **values}


def of(*rows: dict[str, object]) -> Usage:
    (usage,) = usages(rows).values()
    return usage


def test_runs_of_a_job_share_its_memory_and_add_their_time() -> None:
    usage = of(row(), row(memory_gb=3.0, seconds=90.0), row(job="2", children_gb=4.0))
    assert (usage.memory_gb, usage.minutes, usage.cores) == ([3.0, 5.0], [2.0, 0.5], [0.5, 1.0])


def test_the_table_has_what_was_asked_the_median_the_highest_and_the_profiles_keys() -> None:
    rows = [row(job=str(k), memory_gb=k / 2, asked_memory_gb=8.0, asked_cpus=4, asked_minutes=60.0) for k in (1, 2, 6)]
    rows[0]["asked_minutes"] = 30.0
    assert table(usages(rows)) == [
        ("s", "memory, GiB", "8", "1.00", "3.00", "memory_gb = 4.0"),
        ("s", "cores", "4", "1.00", "1.00", "cpus = 1"),
        ("s", "minutes", "30–60", "0.50", "0.50", "time_limit_min = 5"),
    ]
    assert len(HEADER) == 6


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"memory_gb": 0.1}, "memory_gb = 0.5"),
        ({"memory_gb": 2.0}, "memory_gb = 2.5"),
        ({"memory_gb": 1.0, "children_gb": 7.0}, "memory_gb = 10.0"),
        ({"cpu_seconds": 3.3 * 30}, "cpus = 4"),
        ({"cpu_seconds": 3.05 * 30}, "cpus = 3"),
        ({"cpu_seconds": 0.1}, "cpus = 1"),
        ({"seconds": 3600.0}, "time_limit_min = 90"),
        ({"seconds": 36000.0}, "time_limit_min = 900"),
        ({"asked_gpus": 1}, 'gpu.form = "none"'),
    ],
)
def test_the_advice_is_the_most_that_was_used_and_its_margin(values: dict[str, object], said: str) -> None:
    usage = of(row(job="other", memory_gb=0.05, seconds=1.0, cpu_seconds=0.5), row(**values))
    assert said in [line.next for line in lines(usage)]


def test_a_gpu_that_was_used_is_shown_with_the_memory_that_torch_held() -> None:
    usage = of(row(asked_gpus=1, device="NVIDIA A100", gpu_memory_gb=3.5), row(job="2", asked_gpus=1))
    told = {line.of: line for line in lines(usage)}
    assert (told["GPUs"].asked, told["GPUs"].highest, told["GPUs"].next) == ("1", "1.00", "")
    assert told["GPU's GiB"].highest == "3.50"
    assert "gpu.form" not in advice([usage])


@pytest.mark.parametrize("unknown", [None, math.nan])
def test_runs_of_before_say_nothing_and_no_advice_is_made_of_them(unknown: float | None) -> None:
    assert usages([row(cpu_seconds=unknown)]) == {}
    assert advice([]) == {}
    mixed = of(row(cpu_seconds=unknown, memory_gb=99.0), row(children_gb=unknown, asked_cpus=unknown))
    assert (mixed.memory_gb, mixed.asked("asked_cpus")) == ([1.0], "–")


def test_the_advice_for_several_studies_fits_each() -> None:
    found = usages([row("small"), row("large", memory_gb=20.0), row("long", seconds=7200.0)])
    assert advice(found.values()) == {"memory_gb": "25.0", "cpus": "1", "time_limit_min": "180"}
