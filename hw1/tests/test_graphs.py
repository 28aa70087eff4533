"""What is recorded as a CUDA graph, on a pretended GPU: every operation is checked, and nothing is computed.

A recording fails where the host waits for the device, or where tensors of both meet. Both are seen here without a GPU:
torch's fake tensors know their device and shape, and have no numbers that could be asked for. Its engine of gradients
wants a real GPU even so; convolutional networks, which need it, are on the `meta` device, where the same holds.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from hw1 import optimizers
from hw1.blocks import Block
from hw1.data import Images
from hw1.epochs import Epochs
from hw1.function_fit import Fit
from hw1.networks import network
from hw1.optimizers import optimizer
from hw1.specs import Classifier, FunctionFit
from hw1.tests import made
from jobs import gpu
from jobs.gpu import Repeated

GPU, META = torch.device("cuda"), torch.device("meta")


class StaysThere(TorchDispatchMode):
    """Refuses what gives a tensor on another device."""

    def __init__(self, device: torch.device) -> None:
        """Nothing is refused before it is entered."""
        super().__init__()
        self.device = device

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Do it, and look at what came of it."""
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor) and tensor.device.type != self.device.type:
                raise RuntimeError(f"{func} leaves the device")
        return result


@contextmanager
def pretended() -> Iterator[None]:
    """Tensors made here have no numbers; those on a GPU need none to be there."""
    with FakeTensorMode(allow_non_fake_inputs=True):
        yield


CLASSIFIERS: dict[str, Classifier] = {
    "dense": made.classifier(),
    "wide": made.classifier(hidden=(60,), optimizer="rmsprop"),
    "lenet": made.convolutional(),
    "cnn": made.convolutional(model="cnn", optimizer="adam"),
    "cnn in bfloat16": made.convolutional(model="cnn", precision="bfloat16"),
}


def epochs(spec: Classifier, device: torch.device) -> Epochs:
    """Of one run, with images of nothing."""
    pixels = (785,) if spec.model == "mlp" else (1, 32, 32)
    dtype = torch.bfloat16 if spec.precision == "bfloat16" else torch.float32
    images = [torch.zeros((n, *pixels), dtype=dtype, device=device) for n in (spec.n_train, spec.n_test)]
    labels = [torch.zeros(n, dtype=torch.int64, device=device) for n in (spec.n_train, spec.n_test)]
    net = network([spec], device=device, dtype=torch.float32)
    return Epochs(
        net,
        optimizer(spec, net.theta),
        Images(images[0], labels[0], images[1], labels[1]),
        labels[0][None],
        [torch.Generator()],
        batch_size=64,
        n_epochs=1,
    )


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_learning_and_measuring_stay_on_the_gpu(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimizers, "_counts_itself", lambda _: True)
    spec = CLASSIFIERS[name]
    device = GPU if spec.model == "mlp" else META
    with pretended() if device == GPU else nullcontext():
        of = epochs(spec, device)
        batch, drawn = torch.zeros((1, 64), dtype=torch.int64, device=device), of.network.drawn(64)
        with StaysThere(device), torch.no_grad():
            of._learn_from(batch, *drawn)
            of._measure_on(0, of.data.train[:50], of.labels[:, :50])


@pytest.mark.parametrize(
    "spec",
    [
        made.fit(measures="spectrum", gradient_norm_below=0.05),
        made.fit(optimizer="rmsprop", loss_below=0.05, change_below=1e-3),
        made.fit(optimizer="sgd", output_bias=False, measures="gradient_norm"),
    ],
)
@pytest.mark.parametrize("n_runs", [1, 3])
def test_an_iteration_of_a_block_stays_on_the_gpu(spec: FunctionFit, n_runs: int) -> None:
    with pretended():
        fit = Fit([spec.replace(seed=k) for k in range(n_runs)], device=GPU, dtype=torch.float32)
        assert fit.in_blocks
        block = Block(
            fit.stack,
            optimizer=fit.optimizer,
            measure=fit._measured,
            rule=fit._leaving,
            recent=fit.recent,
            n_iterations=100,
        )
        with StaysThere(GPU):
            block._iteration()


def test_a_look_at_a_number_and_a_copy_to_the_host_are_noticed() -> None:
    with pretended():
        there = torch.zeros(3, device=GPU)
        with pytest.raises(DataDependentOutputException):
            there.max().item()
        with StaysThere(GPU), pytest.raises(RuntimeError, match="leaves the device"):
            there.cpu()


def test_an_iteration_where_the_host_looks_is_noticed() -> None:
    with pretended():
        fit = Fit([made.fit(gradient_norm_below=0.05)], device=GPU, dtype=torch.float32)
        with pytest.raises(DataDependentOutputException):
            fit._iterate_one_by_one(1)


@pytest.mark.parametrize("name", ["adam", "rmsprop", "sgd"])
def test_steps_counted_on_the_device_are_those_counted_by_the_host(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In float64, to rounding: Adam's correction is applied in another place."""
    spec, rng = made.fit(optimizer=name), torch.Generator().manual_seed(1)
    theta = torch.randn(40, generator=rng, dtype=torch.float64)
    gradients = [torch.randn(40, generator=rng, dtype=torch.float64) for _ in range(30)]
    by_host = optimizer(spec, theta.clone())
    monkeypatch.setattr(optimizers, "_counts_itself", lambda _: True)
    by_device = optimizer(spec, theta.clone())
    for k, gradient in enumerate(gradients):
        if k == 20:
            state, by_device = by_device.state(), optimizer(spec, by_device.theta)
            by_device.restore(state)
        for each in (by_host, by_device):
            each.step(gradient)
    assert by_device.n_steps == by_host.n_steps == 30
    torch.testing.assert_close(by_device.theta, by_host.theta, rtol=1e-12, atol=0)


def test_on_a_cpu_work_is_simply_called() -> None:
    total = torch.zeros(2)
    add = Repeated(total.add_, made.CPU)
    for k in range(3):
        add(torch.tensor([1.0, k]))
    assert total.tolist() == [3.0, 3.0]


def test_an_input_may_be_absent() -> None:
    seen: list[Tensor | None] = []
    both = Repeated(lambda *inputs: seen.extend(inputs), made.CPU)
    both(torch.ones(1), None)
    assert seen == [torch.ones(1), None]


def test_nothing_is_collected_while_work_is_recorded() -> None:
    assert gc.isenabled()
    with suppress(ZeroDivisionError), gpu._uncollected():
        assert not gc.isenabled()
        1 / 0  # noqa: B018 - fails
    assert gc.isenabled()
