"""A kind of run brings all that is its own: its network, its cost and the labels that it trains on."""

import dataclasses
from typing import ClassVar

import pytest
import torch

from hw1.architecture import Layer, dense
from hw1.data import images
from hw1.specs import KINDS, Classifier
from hw1.tests import made


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Flipped(Classifier):
    """A kind that no module knows."""

    kind: ClassVar[str] = "flipped"

    @property
    def layers(self) -> tuple[Layer, ...]:
        return dense((784, 3, 10))

    @property
    def flops(self) -> float:
        return 2e9

    @property
    def steps_s(self) -> float:
        return 5.0

    def train_labels(self, true: torch.Tensor) -> torch.Tensor:
        return 9 - true


def test_a_kind_that_no_module_knows_has_its_own_network_cost_and_labels() -> None:
    usual = made.classifier()
    spec = Flipped(**usual.fields())
    assert spec.n_params == 785 * 3 + 4 * 10 != usual.n_params
    assert spec.seconds([spec, spec]) == pytest.approx(2 * (5.0 + 2.0 / 25.0))
    assert spec.memory_gb([spec]) < usual.memory_gb([usual])
    mine, theirs = (images(each, device=made.CPU) for each in (spec, usual))
    assert torch.equal(mine.train_labels, 9 - theirs.train_labels)
    assert torch.equal(mine.test_labels, theirs.test_labels)
    assert "flipped" not in KINDS
