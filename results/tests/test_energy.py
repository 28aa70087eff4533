"""Energy of training, and its CO₂."""

import math

import pytest

from results.energy import COLUMNS, DEFAULT, Factors, by_study, energy

PLAIN = Factors(watts_per_core=10.0, watts_per_gpu=100.0, watts_per_gb=1.0, pue=2.0, co2_g_per_kwh=500.0)


def row(**values: object) -> dict[str, object]:
    """An hour on one core, and nothing else."""
    return {**dict.fromkeys(COLUMNS), "device": "cpu", "seconds": 3600.0, "cpu_seconds": 3600.0, **values}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row()], "about 20 Wh and 10 g of CO₂: "),
        ([row(cpu_seconds=4 * 3600.0)] * 5, "about 0.4 kWh and 0.2 kg of CO₂: "),
        ([row(device="NVIDIA A100")], "about 0.22 kWh and 0.11 kg of CO₂: "),
        ([row(memory_gb=2.0, children_gb=3.0)], "about 30 Wh and 15 g of CO₂: "),
        ([row(memory_gb=2.0, asked_memory_gb=8.0)], "about 36 Wh and 18 g of CO₂: "),
        ([row(), row(cpu_seconds=None), row(cpu_seconds=math.nan)], "about 20 Wh and 10 g of CO₂ for 1 of 3 runs, "),
    ],
)
def test_the_estimate_is_cores_gpu_and_memory_times_the_sites_share(rows: list[dict[str, object]], said: str) -> None:
    assert energy(rows, PLAIN).startswith(said)


def test_runs_that_do_not_tell_have_no_energy() -> None:
    assert energy([], PLAIN) == energy([row(cpu_seconds=None)], PLAIN) == ""


def test_each_study_has_its_share() -> None:
    rows = [row(study="a"), row(study="a"), row(study="b"), row(study="c", cpu_seconds=None)]
    assert by_study(rows, PLAIN) == {
        "a": "about 40 Wh and 20 g of CO₂",
        "b": "about 20 Wh and 10 g of CO₂",
    }
    assert energy(rows, PLAIN).startswith("about 60 Wh and 30 g of CO₂ for 3 of 4 runs, which tell: ")


def test_every_factor_stands_beside_the_figure_with_where_it_is_from() -> None:
    assert energy([row()], DEFAULT).partition(": ")[2] == (
        "12 W a core in use (any CPU, Green Algorithms), 0.3725 W a GB of memory (Green Algorithms), "
        "times 1.56 for the site (PUE; mean of sites, Uptime Institute 2024), 475 g of CO₂ a kWh (the world, IEA 2019)"
    )
    own = Factors(watts_per_gpu=300.0, co2_g_per_kwh=50.0)
    said = energy([row(device="NVIDIA H100")], own)
    assert "300 W a GPU (profile)" in said
    assert said.endswith("50 g of CO₂ a kWh (profile)")
    assert "12 W a core in use (any CPU, Green Algorithms)" in said
