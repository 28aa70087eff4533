"""Data as a spec wants it."""

import numpy as np
import torch
from PIL import Image
from torchvision.transforms import Resize

from hw1.data import framed, images, moments, random_labels
from hw1.datasets import images_and_labels
from hw1.tests import made


def test_the_embedded_set_is_mnist() -> None:
    pixels, labels = images_and_labels("mnist", "train")
    assert pixels.shape == (60_000, 28, 28)
    assert labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert images_and_labels("mnist", "test")[0].shape == (10_000, 28, 28)
    mean, deviation = moments(pixels)
    assert (round(mean, 4), round(deviation, 4)) == (0.1307, 0.3081)


def test_normalised_images_have_mean_0_and_deviation_1_before_they_are_padded() -> None:
    x = images(made.convolutional(n_train=60_000), device=made.CPU).train
    inner = x[:, :, 2:-2, 2:-2].double()
    assert abs(inner.mean()) < 1e-5
    assert abs(inner.std() - 1) < 1e-5


def test_padding_is_black() -> None:
    x = images(made.convolutional(), device=made.CPU).train
    assert x.shape == (256, 1, 32, 32)
    assert torch.equal(x[:, :, :2], torch.full_like(x[:, :, :2], float(x.min())))


def test_resizing_is_torchvisions() -> None:
    pixels = images_and_labels("mnist", "test")[0][:50]
    expected = np.stack([np.asarray(Resize((32, 32))(Image.fromarray(p.numpy()))) for p in pixels])
    assert (framed(pixels, "resized").numpy() == expected).all()


def test_dense_networks_see_flat_images_and_the_constant_1() -> None:
    x = images(made.classifier(), device=made.CPU).train
    assert x.shape == (256, 785)
    assert torch.equal(x[:, -1], torch.ones(256))


def test_random_labels_are_uniform_and_the_seeds_own() -> None:
    labels = random_labels(60_000, seed=3)
    assert torch.equal(labels, random_labels(60_000, seed=3))
    assert not torch.equal(labels, random_labels(60_000, seed=4))
    counts = torch.bincount(labels, minlength=10).double()
    assert ((counts - 6000) ** 2 / 6000).sum() < 27.9  # χ² with 9 degrees of freedom, p = 0.001


def test_only_training_labels_are_random() -> None:
    true = images(made.convolutional(), device=made.CPU)
    random = images(made.convolutional(labels="random"), device=made.CPU)
    assert not torch.equal(true.train_labels, random.train_labels)
    assert torch.equal(true.test_labels, random.test_labels)
    assert torch.equal(true.train, random.train)
