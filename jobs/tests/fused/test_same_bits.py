"""Modules packed, alone, in another order, cut and continued: the same numbers to the last bit."""

import random

import pytest
import torch

from jobs.spec import Spec
from jobs.tests.fused import made
from jobs.tests.projects.nets import Nets

KIND = Nets.study.kinds[0]  # type: ignore[attr-defined]  # the decorator gave it


def spec(k: int) -> Spec:
    made_: Spec = KIND(width=8, lr=(1e-2, 3e-3)[k % 2], seed=k, decay=0.01 * (k % 3 + 1), epochs=3, batch=16)
    return made_


def test_a_run_has_the_same_bits_alone_in_a_pack_of_3_and_in_one_of_40_in_another_order() -> None:
    specs = [spec(k) for k in range(40)]
    large = list(specs)
    random.Random(0).shuffle(large)
    together = made.drive(large)
    bits = set(made.column(together.tables, "runs", "bits"))
    is_promised = bits == {"proven"}
    assert is_promised or torch.backends.cpu.get_cpu_capability() == "AVX512", "whose kernels may round by place"
    assert set(made.column(together.tables, "runs", "fusion")) == {"traced, 16 lanes"}
    for fewer in (specs[:3], [specs[0]], [specs[17]]):
        assert not is_promised or not made.differences(made.drive(fewer), together)


@pytest.mark.parametrize("cuts", [[1, 1, 4], [3, 5], [7, 1]])
def test_a_pack_cut_at_any_step_and_continued_has_the_same_bits(cuts: list[int]) -> None:
    specs = [spec(k) for k in range(18)]
    assert not made.differences(made.drive(specs), made.in_pieces(specs, cuts))


def test_the_process_s_own_generators_change_nothing() -> None:
    whole = made.drive([spec(0)])
    torch.manual_seed(5)
    assert not made.differences(whole, made.drive([spec(0)]))
