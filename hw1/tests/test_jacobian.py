"""The Jacobian's norms against automatic differentiation and finite differences of plain modules."""

from typing import Literal

import pytest
import torch

from hw1.convnet import ConvNet
from hw1.jacobian import JacobianNorms, jacobian_norms
from hw1.plain import flattened, initialised
from hw1.tests import made

pytestmark = pytest.mark.kernels


@pytest.fixture(name="images")
def _images() -> torch.Tensor:
    return torch.randn((6, 1, 32, 32), generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def _norms(model: Literal["lenet", "cnn"], images: torch.Tensor) -> tuple[torch.nn.Module, JacobianNorms]:
    spec = made.convolutional(model=model)
    module = initialised(spec, seed=3).eval()
    return module, jacobian_norms(ConvNet(model, spec.layers), flattened(module), images)


@pytest.mark.parametrize("model", ["lenet", "cnn"])
def test_norms_are_those_of_the_jacobian_that_torch_takes_image_by_image(
    model: Literal["lenet", "cnn"], images: torch.Tensor
) -> None:
    module, found = _norms(model, images)
    for k, image in enumerate(images):
        of_logits = torch.autograd.functional.jacobian(lambda x: module(x)[0], image[None])
        of_probabilities = torch.autograd.functional.jacobian(lambda x: torch.softmax(module(x)[0], 0), image[None])
        torch.testing.assert_close(found.logits[k], of_logits.norm())
        torch.testing.assert_close(found.probabilities[k], of_probabilities.norm())


def test_a_small_step_changes_the_probabilities_by_no_more_than_the_norm_says(images: torch.Tensor) -> None:
    module, found = _norms("lenet", images)
    step = 1e-6 * torch.randn(images.shape, generator=torch.Generator().manual_seed(2), dtype=images.dtype)
    with torch.no_grad():
        change = torch.softmax(module(images + step), 1) - torch.softmax(module(images), 1)
    assert (change.norm(dim=1) <= found.probabilities * step.flatten(1).norm(dim=1) * (1 + 1e-4)).all()
    assert (change.norm(dim=1) > 0).all()


def test_an_image_s_norm_does_not_depend_on_the_others(images: torch.Tensor) -> None:
    alone, together = _norms("lenet", images[2:3])[1], _norms("lenet", images)[1]
    torch.testing.assert_close(alone.probabilities[0], together.probabilities[2])
