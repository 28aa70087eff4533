"""An expert's JAX for many small networks: jit, vmap and scan over a stack sharded over the cores."""

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from hw1 import functions, initial
from hw1.bench.numbers import EARLY, Numbers
from hw1.specs import FunctionFit

CHUNK = 100
"""Iterations that one compiled scan takes; in between, networks that have stopped leave the stack."""
COLUMNS = 32
"""Columns of a Hessian at once: as many as stay in the cache; all 572 would need a gigabyte a network."""
_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8

Tree = Any
"""A pytree: lists of `(weight, bias)`, or of arrays stacked over runs."""


def fits(specs: Sequence[FunctionFit], n_cpus: int) -> list[Numbers]:
    """Train function fits of one shape by Adam until each gradient is small enough, then their Hessians' spectra.

    Raises:
        ValueError: If a spec asks for what this does not do.
    """
    spec = specs[0]
    if spec.optimizer != "adam" or spec.gradient_norm_below is None or not spec.output_bias:
        raise ValueError("JAX fits functions by Adam, with biases, until the gradient is below a threshold")
    x = jnp.asarray(functions.grid(), jnp.float32)
    y = jnp.asarray(functions.evaluate(spec.function, functions.grid()), jnp.float32)
    loss = functools.partial(_loss, slope=spec.negative_slope)
    trees = [_initial(s) for s in specs]
    stopped = _trained(spec, trees, x, y, loss, n_cpus)
    values = _spectra([s["params"] for s in stopped], x, y, loss, n_cpus)
    return [
        {**s["numbers"], "minimal_ratio": float((v > 0).mean()), "largest_eigenvalue": float(v[-1])}
        for s, v in zip(stopped, values, strict=True)
    ]


def _initial(spec: FunctionFit) -> Tree:
    theta, parts, start = initial.flat(spec.layers, seed=spec.seed).numpy(), [], 0
    for layer in spec.layers:
        weight = theta[start : start + layer.n_weights].reshape(layer.n_out, layer.n_in)
        parts.append((weight.T, theta[start + layer.n_weights : start + layer.n_params]))
        start += layer.n_params
    return parts


def _loss(params: Tree, x: Any, y: Any, *, slope: float) -> Any:  # noqa: ANN401 - arrays, or what stands for them
    h = x[:, None]
    for weight, bias in params[:-1]:
        h = jax.nn.leaky_relu(h @ weight + bias, slope)
    weight, bias = params[-1]
    return jnp.mean(((h @ weight + bias)[:, 0] - y) ** 2)


def _trained(spec: FunctionFit, trees: list[Tree], x: Any, y: Any, loss: Any, n_cpus: int) -> list[Any]:  # noqa: ANN401, PLR0913, PLR0917
    """Scans of `CHUNK` iterations over the runs still training, whose number is halved as they stop."""
    below, decay, rate, last = spec.gradient_norm_below, spec.weight_decay, spec.learning_rate, spec.max_iterations

    def step(state: Tree, k: Any) -> tuple[Tree, Any]:  # noqa: ANN401
        value, gradient = jax.value_and_grad(loss)(state["params"], x, y)
        norm = jnp.sqrt(sum(jnp.vdot(g, g) for g in jax.tree.leaves(gradient)))
        going = ~state["stopped"] & (norm >= below) & (k < last)
        gradient = jax.tree.map(lambda g, p: g + decay * p, gradient, state["params"])
        mean = jax.tree.map(lambda m, g: _BETA1 * m + (1 - _BETA1) * g, state["mean"], gradient)
        square = jax.tree.map(lambda v, g: _BETA2 * v + (1 - _BETA2) * g * g, state["square"], gradient)
        n = k.astype(jnp.float32) + 1
        first, second = 1 - _BETA1**n, 1 - _BETA2**n
        params = jax.tree.map(
            lambda p, m, v: p - rate / first * m / (jnp.sqrt(v / second) + _EPSILON), state["params"], mean, square
        )
        moved = {"params": params, "mean": mean, "square": square}
        kept = {name: jax.tree.map(lambda a, b: jnp.where(going, a, b), moved[name], state[name]) for name in moved}
        begun = ~state["stopped"]
        kept["loss"] = jnp.where(begun, value, state["loss"])
        kept["norm"] = jnp.where(begun, norm, state["norm"])
        kept["n_steps"] = jnp.where(begun, k, state["n_steps"])
        return {**kept, "stopped": ~going}, value

    def scanned(state: Tree, start: Any) -> tuple[Tree, Any]:  # noqa: ANN401
        steps = start + jnp.arange(CHUNK, dtype=jnp.int32)
        stepped: tuple[Tree, Any] = jax.vmap(lambda one: jax.lax.scan(step, one, steps))(state)
        return stepped

    chunk = jax.jit(scanned)

    rows = NamedSharding(Mesh(np.array(jax.devices()[:n_cpus]), ("run",)), PartitionSpec("run"))
    active, n = list(range(len(trees))), _size(len(trees), n_cpus)
    state = _stacked([_begun(trees[k]) for k in [*active, *[active[0]] * (n - len(active))]], rows)
    done: dict[int, Any] = {}
    early: dict[int, Numbers] = {}
    for start in range(0, last + 1, CHUNK):
        state, losses = chunk(state, jnp.int32(start))
        if start == 0:
            curves = np.asarray(losses)
            early = {k: {f"loss_{i}": float(curves[at, i]) for i in EARLY} for at, k in enumerate(active)}
        stopped = np.asarray(state["stopped"])
        left = [at for at in range(len(active)) if not stopped[at] and start + CHUNK <= last]
        n = _size(len(left), n_cpus)
        if left and n == len(stopped):
            continue
        host = jax.device_get(state)
        for at in set(range(len(active))) - set(left):
            done[active[at]] = jax.tree.map(lambda a, at=at: a[at], host)
        if not left:
            break
        rest = [jax.tree.map(lambda a, at=at: a[at], host) for at in [*left, *[left[0]] * (n - len(left))]]
        active, state = [active[at] for at in left], _stacked(rest, rows)
    return [{"params": done[k]["params"], "numbers": early[k] | _numbers(done[k])} for k in range(len(trees))]


def _numbers(state: Tree) -> Numbers:
    norms = {"train_loss": float(state["loss"]), "gradient_norm": float(state["norm"])}
    return {**norms, "n_steps": float(state["n_steps"])}


def _begun(params: Tree) -> Tree:
    zero = jax.tree.map(np.zeros_like, params)
    numbers = {"loss": np.float32(0), "norm": np.float32(0), "n_steps": np.int32(0), "stopped": np.bool_(False)}  # noqa: FBT003
    return {"params": params, "mean": zero, "square": zero, **numbers}


def _stacked(states: list[Tree], rows: NamedSharding) -> Tree:
    return jax.device_put(jax.tree.map(lambda *leaves: np.stack(leaves), *states), rows)


def _size(n: int, n_cpus: int) -> int:
    """The stack that holds n runs: a power of two a core, so that few sizes are compiled."""
    a_core = max(1, -(-n // n_cpus))
    return n_cpus << (a_core - 1).bit_length()


def _spectra(params: list[Tree], x: Any, y: Any, loss: Any, n_cpus: int) -> list[np.ndarray]:  # noqa: ANN401
    """Eigenvalues of every network's Hessian, in float64."""
    flat = np.stack([ravel_pytree(tree)[0] for tree in params]).astype(np.float64)
    _, unravel = ravel_pytree(jax.tree.map(lambda p: np.asarray(p, np.float64), params[0]))
    x, y = x.astype(jnp.float64), y.astype(jnp.float64)
    gradient = jax.grad(lambda theta: loss(unravel(theta), x, y))
    basis = jnp.eye(flat.shape[1], dtype=jnp.float64)

    def values(theta: Any) -> Any:  # noqa: ANN401
        rows = jax.lax.map(lambda v: jax.jvp(gradient, (theta,), (v,))[1], basis, batch_size=COLUMNS)
        return jnp.linalg.eigvalsh(rows)

    cores, run = Mesh(np.array(jax.devices()[:n_cpus]), ("run",)), PartitionSpec("run")
    padded = np.concatenate([flat, np.repeat(flat[:1], -len(flat) % n_cpus, 0)])
    every = jax.jit(jax.shard_map(lambda part: jax.lax.map(values, part), mesh=cores, in_specs=run, out_specs=run))
    return list(np.asarray(every(padded)))[: len(flat)]
