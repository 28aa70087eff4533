"""LeNet's convolutions by the compiled program against torch's: equal to rounding, the same bits each time."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from hw1 import compiled
from hw1.lenet import features
from hw1.tests.test_convolution import value_and_gradients

pytestmark = pytest.mark.kernels

ROUNDING = 3e-6
"""Of float32 sums of some thousand terms, by the largest of their results. Seen: 8e-7; of torch's own 3e-6."""


def plain(images: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    """As the report's notebooks have it."""
    x = F.relu(F.max_pool2d(F.conv2d(images, w1, b1), 2))
    return F.relu(F.max_pool2d(F.conv2d(x, w2, b2), 2)).flatten(1)


def drawn(n: int, seed: int = 0) -> tuple[Tensor, list[Tensor], Tensor]:
    """Images, the weights and biases of both convolutions, and a direction."""
    rng = torch.Generator().manual_seed(seed)
    shapes = ((n, 1, 32, 32), (6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,), (n, 400))
    scales = (1.0, 0.2, 0.1, 0.1, 0.1, 1.0)
    images, *weights, direction = [
        scale * torch.randn(s, generator=rng) for s, scale in zip(shapes, scales, strict=True)
    ]
    return images, weights, direction


@pytest.mark.parametrize("n", [1, 7, 8, 16, 17, 64, 100])
def test_values_and_gradients_are_those_of_float64_to_rounding(n: int) -> None:
    images, weights, direction = drawn(n)
    mine = value_and_gradients(lambda *w: features(images, *w), weights, direction)
    doubles = [weight.double() for weight in weights]
    exact = value_and_gradients(lambda *w: plain(images.double(), *w), doubles, direction.double())
    for ours, theirs in zip(mine, exact, strict=True):
        assert float((ours - theirs).abs().max() / theirs.abs().max()) < ROUNDING


def test_a_gradient_that_lacks_one_image_is_beyond_rounding() -> None:
    images, weights, direction = drawn(17)
    _, *whole = value_and_gradients(lambda *w: features(images, *w), weights, direction)
    _, *less = value_and_gradients(lambda *w: features(images[:16], *w), weights, direction[:16])
    assert all(float((a - b).abs().max() / a.abs().max()) > ROUNDING for a, b in zip(whole, less, strict=True))


def test_an_images_features_have_the_same_bits_in_any_batch_and_the_gradients_each_time() -> None:
    images, weights, direction = drawn(40)
    assert _by_the_program() or not _expected()
    if _by_the_program():
        whole = features(images, *weights)
        for start, stop in ((0, 1), (3, 20), (39, 40)):
            assert torch.equal(features(images[start:stop], *weights), whole[start:stop])
    once, again = (value_and_gradients(lambda *w: features(images, *w), weights, direction) for _ in range(2))
    assert all(map(torch.equal, once, again))


def test_equal_pixels_of_a_window_give_the_gradient_to_the_first_of_them_only() -> None:
    _, weights, direction = drawn(3)
    images = torch.full((3, 1, 32, 32), 0.25)
    images[:, :, :9] = 1.0
    mine = value_and_gradients(lambda *w: features(images, *w), weights, direction)
    theirs = value_and_gradients(lambda *w: plain(images, *w), weights, direction)
    for a, b in zip(mine, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("broken", [0, 1, 2, 3])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_weight_that_is_no_number_is_not_hidden(broken: int, value: float) -> None:
    images, weights, _ = drawn(9)
    weights[broken].view(-1)[-1] = value
    mine, theirs = features(images, *weights), plain(images, *weights)
    assert not bool(mine.isfinite().all())
    assert torch.equal(mine.isfinite(), theirs.isfinite())


def test_a_gradient_by_the_images_is_there_too() -> None:
    images, weights, direction = drawn(4)
    images.requires_grad_()
    for function in (features, plain):
        (function(images, *weights) * direction).sum().backward()
    assert images.grad is not None
    assert bool(images.grad.any())


@pytest.mark.parametrize("compiler", ["", "false", "no-such-compiler"])
def test_without_a_compiler_torch_computes_it(compiler: str, tmp_path: Path) -> None:
    images, weights, _ = drawn(5)
    torch.save((images, weights), tmp_path / "drawn.pt")
    code = (
        "import sys, torch; from hw1.lenet import convolutions, features; images, weights = torch.load(sys.argv[1]);"
        "print(convolutions('lenet', images)); torch.save(features(images, *weights), sys.argv[2])"
    )
    command = [sys.executable, "-c", code, tmp_path / "drawn.pt", tmp_path / "features.pt"]
    ended = subprocess.run(command, env={"CC": compiler, "PATH": ""}, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "{'convolutions': 'torch'}"
    torch.testing.assert_close(torch.load(tmp_path / "features.pt"), plain(images, *weights), rtol=1e-4, atol=1e-5)


def _by_the_program() -> bool:
    return compiled.program() is not None


def _expected() -> bool:
    """True where there is a compiler, and a CPU that the program is for."""
    flags = Path("/proc/cpuinfo").read_text()
    return shutil.which("cc") is not None and "avx2" in flags and "fma" in flags
