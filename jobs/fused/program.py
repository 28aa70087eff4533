"""A traced loss as two passes that are written out; refuses what has no rule."""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, fx, nn

from jobs.fused.errors import UnfusedError
from jobs.fused.gates import gru
from jobs.fused.layout import Layout
from jobs.fused.losses import LOSSES
from jobs.fused.scored import PREFIX
from jobs.fused.windows import conv1d
from jobs.fused.written import FUNCTIONS, RELU, SIGMOID, TANH, Seen, Writer, flattened, leaky, linear, seen_by

LAYERS: dict[type, Callable[[Writer, fx.Node, Any, str], Any]] = {
    nn.Linear: linear,
    nn.Conv1d: conv1d,
    nn.GRU: gru,
    nn.ReLU: lambda w, n, *_: RELU(w, n),
    nn.Tanh: lambda w, n, *_: TANH(w, n),
    nn.Sigmoid: lambda w, n, *_: SIGMOID(w, n),
    nn.LeakyReLU: lambda w, n, layer, _: leaky(layer.negative_slope)(w, n),
    nn.Identity: lambda w, n, *_: w.seen[n.args[0]],
    nn.Flatten: lambda w, n, layer, _: _flat(w, n, layer),
    nn.Unflatten: lambda w, n, layer, _: _shaped(w, n, layer),
}


def _flat(writer: Writer, node: fx.Node, layer: nn.Flatten) -> Seen:
    if (layer.start_dim, layer.end_dim) != (1, -1):
        raise UnfusedError("Flatten from another axis")
    return flattened(writer, node)


def _shaped(writer: Writer, node: fx.Node, layer: nn.Unflatten) -> Seen:
    x = seen_by(writer, node)
    if layer.dim != 1 or len(x.dims) != 1 or min(layer.unflattened_size) < 1:
        raise UnfusedError("Unflatten of another axis")
    return Seen(x.values, tuple(layer.unflattened_size))


class Program:
    """A graph whose every node has a rule, and the order of parameters that it wants."""

    def __init__(self, graph: fx.Graph, modules: Mapping[str, nn.Module], shapes: Mapping[str, torch.Size]) -> None:
        """Of parameters that are stepped, by name."""
        self.nodes, self.modules = list(graph.nodes), dict(modules)
        names = list(shapes)
        joined = {
            a
            for a, b in pairwise(names)
            if a.endswith("weight")
            and b == f"{a.removesuffix('weight')}bias"
            and isinstance(self.modules.get(f"{PREFIX}{a}".removesuffix(".weight")), nn.Linear | nn.Conv1d)
        }
        self.layout = Layout(shapes, joined)

    def passes(self, theta: Tensor, batch: Mapping[str, Tensor]) -> "Passes":
        """The two passes for batches like this one."""
        return Passes(self, theta, batch)


class Passes:
    """Forward and backward on a stack's parameters, for one number of rows."""

    def __init__(self, program: Program, theta: Tensor, batch: Mapping[str, Tensor]) -> None:
        """Make every buffer.

        Raises:
            UnfusedError: If a node has no rule.
        """
        self.writer = Writer(theta, program.layout, program.modules, next(iter(batch.values())).shape[1])
        self.loads: dict[str, Callable[[Tensor], object]] = {}
        self.given: dict[str, Seen | Tensor] = {}
        for node in program.nodes:
            if node.op == "output":
                if not callable(loss := self.writer.seen.get(node.args[0])):
                    raise UnfusedError("a loss of another kind")
                self.loss: Callable[[], Tensor] = loss
            elif node.op != "placeholder":
                self.writer.seen[node] = self._seen(node, batch)
        for back in reversed(self.writer.pending):
            back()
        self.parts = [*self.writer.gradients.values(), theta.new_zeros(len(theta), program.layout.pad)]
        self.gradient = torch.empty_like(theta)

    def __call__(self, batch: Mapping[str, Tensor] | None) -> tuple[Tensor, Tensor]:
        """Each run's loss and gradient, in a buffer that the next call takes again; None for the same batch."""
        if batch is not None:
            for name, load in self.loads.items():
                load(batch[name])
        for step in self.writer.forward:
            step()
        loss = self.loss()
        for step in self.writer.backward:
            step()
        return loss, torch.cat(self.parts, 1, out=self.gradient)

    def _seen(self, node: fx.Node, batch: Mapping[str, Tensor]) -> Any:  # noqa: ANN401 - values, classes, a loss
        first = node.args[0] if node.args else None
        if node.op == "call_module":
            layer = self.writer.modules[str(node.target)]
            rule = LAYERS.get(type(layer))
            if rule is not None and isinstance(self.writer.seen.get(first), Seen):  # type: ignore[arg-type]
                return rule(self.writer, node, layer, f"{node.target}.".removeprefix(PREFIX))
        elif isinstance(first, fx.Node) and first.op == "placeholder" and str(node.args[1]) in batch:
            name = str(node.args[1])
            if name not in self.given:
                self.given[name] = self._given(node, name, batch)
            return self.given[name]
        elif node.target in LOSSES:
            return LOSSES[node.target](self.writer, node)
        elif node.target in FUNCTIONS:
            return FUNCTIONS[node.target](self.writer, node)
        raise UnfusedError(f"no rule for {node.format_node()}")

    def _given(self, node: fx.Node, name: str, batch: Mapping[str, Tensor]) -> Seen | Tensor:
        """A tensor of the batch, its rows last; classes as they are."""
        t = batch[name]
        if t.dtype == torch.int64 and t.dim() == 2:  # noqa: PLR2004 - run, row
            classes = torch.zeros_like(t, memory_format=torch.contiguous_format)
            self.loads[name] = classes.copy_
            return classes
        if t.dtype != self.writer.theta.dtype:
            raise UnfusedError(f"`{name}` is of another type than the parameters")
        values = self.writer.values(node, t[0, 0].numel(), is_needed=False)
        seen = Seen(values, tuple(t.shape[2:]))
        self.loads[name] = partial(_load, seen.out)
        return seen


def _load(to: Tensor, rows: Tensor) -> None:
    to.copy_(rows.movedim(1, -1))
