"""The notebooks' way: eager loops over torch's own modules, one run at a time."""

import time
from dataclasses import asdict, dataclass
from functools import singledispatch

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom
from torch.utils.data import DataLoader, Dataset
from torchvision import datasets, transforms

from hw1 import functions
from hw1.bench.numbers import EARLY, Numbers
from hw1.data import moments
from hw1.datasets import images_and_labels
from hw1.files import DATASETS, cache_folder, unpack
from hw1.plain import flattened, initialised, optimiser
from hw1.seeds import generator
from hw1.specs import Classifier, FunctionFit, Seeded

_PADDING = 2
_TEST_BATCH = 1000


@singledispatch
def run(spec: Seeded) -> Numbers:
    """Train one run as most would write it; of a classifier the first epoch only.

    Raises:
        TypeError: If the spec is of a kind that no peer trains.
    """
    raise TypeError(f"`spec` must be a FunctionFit or a Classifier, got {type(spec).__name__}")


@run.register
def fit(spec: FunctionFit) -> Numbers:
    """A function fit until its gradient is small enough, then the Hessian by double backward."""
    begun = time.perf_counter()
    net = initialised(spec, seed=spec.seed, dtype=torch.float32)
    x, y = (
        torch.tensor(v, dtype=torch.float32)[:, None]
        for v in (functions.grid(), functions.evaluate(spec.function, functions.grid()))
    )
    steps, losses, n_steps, norm = optimiser(net, spec), [], 0, torch.tensor(torch.nan)
    for n_steps in range(spec.max_iterations + 1):
        steps.zero_grad()
        loss = F.mse_loss(net(x), y)
        loss.backward()
        norm = torch.cat([p.grad.flatten() for p in net.parameters() if p.grad is not None]).norm()
        losses.append(loss.item())
        if n_steps == spec.max_iterations or norm < (spec.gradient_norm_below or 0.0):
            break
        steps.step()
    fitted = time.perf_counter()
    values = eigenvalues(net, x, y)
    return {
        **{f"loss_{k}": losses[k] for k in EARLY if k < len(losses)},
        "train_loss": losses[-1],
        "n_steps": float(n_steps),
        "gradient_norm": norm.item(),
        "minimal_ratio": (values > 0).double().mean().item(),
        "largest_eigenvalue": values[-1].item(),
        "fit_s": fitted - begun,
        "hessian_s": time.perf_counter() - fitted,
    }


def eigenvalues(net: nn.Sequential, x: Tensor, y: Tensor) -> Tensor:
    """Of the Hessian of the mean squared error by all parameters, in float64; by `torch.autograd.functional`."""
    net, x, y = net.double(), x.double(), y.double()
    names, shapes = [n for n, _ in net.named_parameters()], [p.shape for p in net.parameters()]

    def loss_at(theta: Tensor) -> Tensor:
        parts = theta.split([s.numel() for s in shapes])
        weights = {n: v.view(s) for n, v, s in zip(names, parts, shapes, strict=True)}
        return F.mse_loss(torch.func.functional_call(net, weights, (x,)), y)

    hessian: Tensor = torch.autograd.functional.hessian(loss_at, flattened(net))
    values: Tensor = torch.linalg.eigvalsh(hessian)
    return values


@dataclass(frozen=True, slots=True)
class Epoch:
    """Numbers of an epoch, and the seconds that learning and measuring took."""

    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    running_loss: float
    learn_s: float
    measure_s: float


@run.register
def _first_epoch(spec: Classifier) -> Numbers:
    return asdict(epoch(spec))


def epoch(spec: Classifier) -> Epoch:
    """One epoch of a classifier: learn from batches of a `DataLoader`, then measure on train and test images."""
    begun = time.perf_counter()
    net = initialised(spec, seed=spec.seed, dtype=torch.float32)
    train, test = (_images(spec, part) for part in ("train", "test"))
    order = torch.randperm(spec.n_train, generator=generator(spec.seed, "order")).tolist()
    steps, running = optimiser(net, spec), 0.0
    net.train()
    torch.manual_seed(spec.seed)  # of dropout
    for images, labels in DataLoader(train, batch_size=spec.batch_size, sampler=order):
        steps.zero_grad()
        loss = F.cross_entropy(net(_shaped(spec, images)), labels)
        loss.backward()
        steps.step()
        running += loss.item() * len(labels)
    learned = time.perf_counter()
    train_loss, train_accuracy = _measured(net, spec, train, spec.n_train)
    test_loss, test_accuracy = _measured(net, spec, test, spec.n_test)
    return Epoch(
        train_loss=train_loss,
        train_accuracy=train_accuracy,
        test_loss=test_loss,
        test_accuracy=test_accuracy,
        running_loss=running / spec.n_train,
        learn_s=learned - begun,
        measure_s=time.perf_counter() - learned,
    )


def _measured(net: nn.Sequential, spec: Classifier, images: Dataset[tuple[Tensor, int]], n: int) -> tuple[float, float]:
    """Mean loss and accuracy on the first n images, answers counted one by one."""
    net.eval()
    total, right = 0.0, 0
    with torch.no_grad():
        for batch, labels in DataLoader(images, batch_size=_TEST_BATCH, sampler=range(n)):
            output = net(_shaped(spec, batch))
            total += F.cross_entropy(output, labels).item() * len(labels)
            for scores, label in zip(output, labels, strict=True):
                if torch.argmax(scores) == label:
                    right += 1
    return total / n, right / n


def _shaped(spec: Classifier, images: Tensor) -> Tensor:
    return images.flatten(1) if spec.model == "mlp" else images


def _images(spec: Classifier, part: str) -> Dataset[tuple[Tensor, int]]:
    """Torchvision's own data set with its own transforms: made again for every image that is asked for."""
    pixels, _ = images_and_labels(spec.dataset, "train")
    steps = [transforms.Pad(_PADDING)] * (spec.frame == "padded") + [transforms.ToTensor()]
    if spec.scaling == "normalised":
        mean, deviation = moments(pixels)
        steps.append(transforms.Normalize((mean,), (deviation,)))
    kind = getattr(datasets, DATASETS[spec.dataset])
    unpack(spec.dataset)
    images: Dataset[tuple[Tensor, int]] = kind(
        str(cache_folder(spec.dataset)), train=part == "train", transform=transforms.Compose(steps)
    )
    return images
