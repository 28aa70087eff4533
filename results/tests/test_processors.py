"""Kinds of processor, counted and named."""

from typing import Any

import pytest

from results.processors import mixture, processors


def row(device: str | None, cpu: str | None = None, capability: str | None = None, n: int | None = 1) -> dict[str, Any]:
    return {"device": device, "cpu": cpu, "cpu_capability": capability, "n_pack": n}


MILAN, SAPPHIRE = row("cpu", "AMD EPYC 7713", "AVX2", 50), row("cpu", "Xeon 8480+", "AVX512", 200)


def said(*rows: dict[str, Any]) -> str:
    return mixture(processors(rows, n_runs="n_pack"))


def test_two_models_are_a_mixture_that_says_how_many_runs_each_trained() -> None:
    assert said(MILAN, SAPPHIRE, MILAN) == (
        "2 kinds of processor, which round differently: 200 on Xeon 8480+ (AVX512), 100 on AMD EPYC 7713 (AVX2)"
    )


@pytest.mark.parametrize(
    "other",
    [
        MILAN | {"cpu_capability": "DEFAULT"},
        row("NVIDIA H100", "AMD EPYC 7713", "AVX2"),
        row("cpu"),
    ],
    ids=["another instruction set of one CPU", "a GPU beside the same CPU", "a CPU that was not recorded"],
)
def test_what_rounds_in_another_way_or_may_is_another_kind(other: dict[str, Any]) -> None:
    assert said(MILAN, other).startswith("2 kinds of processor")


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [MILAN, MILAN],
        [row("cpu"), row("cpu", n=None)],
        [row("NVIDIA H100", "AMD EPYC 7713", "AVX2"), row("NVIDIA H100", "Xeon 8480+", "AVX512")],
        [MILAN, row("cpu", "AMD EPYC 7713")],
        [row("cpu", "AMD EPYC 7713"), row("cpu", "AMD EPYC 7713")],
    ],
    ids=["nothing", "one CPU", "before CPUs were recorded", "one GPU in two hosts", "some without torch", "no torch"],
)
def test_one_kind_is_no_mixture(rows: list[dict[str, Any]]) -> None:
    assert said(*rows) == ""


def test_a_cpu_is_named_and_told_apart_where_no_run_used_torch() -> None:
    rows = [row("cpu", "AMD EPYC 7713"), row("cpu", "Xeon 8480+", n=3)]
    assert processors(rows, n_runs="n_pack") == {"AMD EPYC 7713": 1, "Xeon 8480+": 3}
