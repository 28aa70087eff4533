"""Speed of fused modules, as a command: fifty MLPs of 572 parameters against the plain loop, and JAX where it is there.

`python -m jobs.tests.bench_fused` prints CPU time a step of all fifty on one thread, the median of a few turns of each.
"""

import os
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from jobs import Data, Module
from jobs.fused.built import build
from jobs.fused.choice import chosen
from jobs.fused.single import Single

WIDTHS = (1, 4, 9, 12, 10, 10, 10, 4, 1)
N_RUNS, N_STEPS, TURNS = 50, 50, 7
RATE, DECAY = 1e-3, 1e-5


class Sinc(Module):
    """Eight layers of leaky ReLU on 300 points."""

    seed: int

    def model(self) -> nn.Module:
        layers = [each for n_in, n_out in pairwise(WIDTHS) for each in (nn.Linear(n_in, n_out), nn.LeakyReLU())]
        return nn.Sequential(*layers[:-1])

    def data(self) -> Data:
        x = torch.linspace(-1.5, 1.49, 300)[:, None]
        return Data(train={"x": x, "y": torch.sinc(5 * x)})

    def optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.Adam(model.parameters(), lr=RATE, weight_decay=DECAY)

    def loss(self, model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        return functional.mse_loss(model(batch["x"]), batch["y"])


def sides() -> dict[str, Callable[[], object]]:
    """The sides, each a call that takes as many steps of all runs, by name."""
    built = [build(Sinc(seed=seed), str(seed), torch.device("cpu")) for seed in range(N_RUNS)]
    shape = chosen(built, frozenset()).shape
    assert shape is not None, "not fused here"
    stacks = [shape.fresh(range(k, min(k + shape.lanes, N_RUNS))) for k in range(0, N_RUNS, shape.lanes)]
    loop = [Single(each, 0, has_masks=False) for each in built]
    found = {f"fused, {len(stacks)} stacks of {shape.lanes}": _stepper(stacks), "plain loop": _stepper(loop)}
    return found | ({"JAX, jit of a scan of vmap": _jax()} if find_spec("jax") else {})


def _stepper(chunks: list[Any]) -> Callable[[], object]:
    def steps() -> None:
        for chunk in chunks:
            for _ in range(N_STEPS):
                chunk.step(None)

    return steps


def _jax() -> Callable[[], object]:
    """The same by hand in JAX, on one thread."""
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    import jax  # noqa: PLC0415 - the flags must be set before
    import jax.numpy as jnp  # noqa: PLC0415 - likewise

    x = jnp.linspace(-1.5, 1.49, 300)[:, None]
    y = jnp.sinc(5 * x)

    def loss(params: Any) -> Any:
        h = x
        for weight, bias in params[:-1]:
            h = jax.nn.leaky_relu(h @ weight + bias, 0.01)
        return jnp.mean((h @ params[-1][0] + params[-1][1] - y) ** 2)

    def step(state: Any, _: object) -> tuple[Any, Any]:
        params, mean, square, n = state
        value, gradient = jax.value_and_grad(loss)(params)
        each, n = jax.tree.map, n + 1
        gradient = each(lambda g, p: g + DECAY * p, gradient, params)
        mean = each(lambda m, g: 0.9 * m + 0.1 * g, mean, gradient)
        square = each(lambda v, g: 0.999 * v + 0.001 * g * g, square, gradient)
        first, second = 1 - 0.9**n, 1 - 0.999**n
        moved = each(lambda p, m, v: p - RATE / first * m / (jnp.sqrt(v / second) + 1e-8), params, mean, square)
        return (moved, mean, square, n), value

    def initial(key: Any) -> Any:
        keys = jax.random.split(key, len(WIDTHS) - 1)
        sizes = list(pairwise(WIDTHS))
        return [(jax.random.normal(k, s) / s[0] ** 0.5, jnp.zeros(s[1])) for k, s in zip(keys, sizes, strict=True)]

    params = jax.vmap(initial)(jax.random.split(jax.random.key(0), N_RUNS))
    zero = jax.tree.map(jnp.zeros_like, params)
    state = params, zero, zero, jnp.zeros(N_RUNS)
    scanned = jax.jit(lambda s: jax.lax.scan(jax.vmap(step, in_axes=(0, None)), s, None, length=N_STEPS))
    return lambda: jax.block_until_ready(scanned(state))


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    compare(sides())


def compare(of: dict[str, Callable[[], object]]) -> None:
    """Print the CPU time of each, and how many times the first's it is."""
    for steps in of.values():
        steps()  # compiles, and warms up
    times: dict[str, list[float]] = {name: [] for name in of}
    for _ in range(TURNS):
        for name, steps in of.items():
            begun = time.process_time()
            steps()
            times[name].append((time.process_time() - begun) / N_STEPS * 1e3)
    first = statistics.median(next(iter(times.values())))
    print("| side | CPU ms a step of all | times the first |\n|---|---|---|")
    for name, measured in times.items():
        middle = statistics.median(measured)
        print(f"| {name} | {middle:.1f} ({min(measured):.1f} to {max(measured):.1f}) | {middle / first:.1f} |")


if __name__ == "__main__":
    main()
