"""Loss and network as one traced graph, each operation for all runs at once; faster than `vmap`."""

import operator
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from jobs.fused.errors import UnfusedError
from jobs.fused.scored import PREFIX, Scorer, Tensors
from jobs.fused.streams import dropped, nth

Rule = Callable[..., Tensor]


class Traced:
    """The losses of a stack, by rules for its network's layers and its loss's functions."""

    def __init__(self, scorer: Scorer) -> None:
        """Trace a loss.

        Raises:
            UnfusedError: If an operation has no rule.
            Exception: What the tracer says of code that cannot be traced.
        """
        graph = traced(scorer)
        self.modules = dict(scorer.root.named_modules())
        named = scorer.model.named_parameters(remove_duplicate=False)
        first = {id(p): name for name, p in scorer.model.named_parameters()}
        self.names = {name: first[id(p)] for name, p in named}
        self.nodes = [node for node in graph.nodes if node.op != "placeholder"]
        self.rules = [self._rule(node) for node in self.nodes]

    def __call__(self, tensors: Tensors, batch: Mapping[str, Tensor], key: Tensor | None) -> Tensor:
        """The loss of each run."""
        values: dict[fx.Node, Any] = {}
        self.key, self.n_drops, self.tensors = key, 0, tensors
        self.batch = {name: _turned(t) for name, t in batch.items()}
        for node, rule in zip(self.nodes, self.rules, strict=True):
            if node.op == "output":
                loss: Tensor = values[node.args[0]]
                return loss
            args = [values.get(each) if isinstance(each, fx.Node) else each for each in node.args]
            more = {k: values.get(v) if isinstance(v, fx.Node) else v for k, v in node.kwargs.items()}
            values[node] = rule(*args, **{k: v for k, v in more.items() if v is not None})
        raise UnfusedError("the loss returns nothing")

    def _rule(self, node: fx.Node) -> Rule:
        """Computation of a node for all runs."""
        if node.op == "output":
            return _same
        if node.op == "call_module":
            module = self.modules[str(node.target)]
            if type(module) in _LAYERS:
                return _LAYERS[type(module)](self, module, str(node.target).removeprefix(PREFIX))
        if node.op == "call_function" and node.target in {operator.getitem, getattr} and _is_batch(node.args[0]):
            return lambda _, name: self.batch[name]
        rule = (_METHODS if node.op == "call_method" else _FUNCTIONS).get(node.target)
        if rule is None:
            raise UnfusedError(f"no rule for {node.format_node()}")
        return rule

    def parameter(self, name: str) -> Tensor:
        """A parameter of every run."""
        return self.tensors[self.names[name]]

    def linear(self, layer: nn.Linear, name: str) -> Rule:
        """Of a dense layer: a product of matrices a run."""
        has_bias = layer.bias is not None

        def rule(x: Tensor) -> Tensor:
            weight = self.parameter(f"{name}.weight")
            if not has_bias:
                return torch.bmm(weight, x)
            return torch.baddbmm(self.parameter(f"{name}.bias")[:, :, None], weight, x)

        return rule

    def layer_norm(self, layer: nn.LayerNorm, name: str) -> Rule:
        """Normal over a row's numbers, then scaled and moved by each run's own."""

        def rule(x: Tensor) -> Tensor:
            if len(layer.normalized_shape) != 1 or x.dim() != 3:  # noqa: PLR2004 - run, unit, row
                raise UnfusedError("LayerNorm of more than the last axis")
            variance, mean = torch.var_mean(x, 1, correction=0, keepdim=True)
            out = (x - mean) * (variance + layer.eps).rsqrt()
            for part, function in (("weight", torch.mul), ("bias", torch.add)):
                if getattr(layer, part) is not None:
                    out = function(out, self.parameter(f"{name}.{part}")[:, :, None])
            return out

        return rule

    def dropout(self, layer: nn.Dropout, name: str) -> Rule:  # noqa: ARG002 - as the others
        """From each run's own stream."""

        def rule(x: Tensor) -> Tensor:
            if not layer.training or layer.p == 0 or self.key is None:
                return x
            self.n_drops += 1
            rows = x.transpose(1, -1)
            key = nth(self.key, self.n_drops).view(-1, *(1,) * (x.dim() - 1))
            return dropped(rows, layer.p, key, rows.shape[1:]).transpose(1, -1).contiguous()

        return rule

    def elementwise(self, layer: nn.Module, name: str) -> Rule:  # noqa: ARG002 - as the others
        """The layer itself."""
        return layer


_ACTIVATIONS = (
    nn.ReLU,
    nn.LeakyReLU,
    nn.Tanh,
    nn.Sigmoid,
    nn.ELU,
    nn.GELU,
    nn.SiLU,
    nn.Softplus,
    nn.Identity,
    nn.Hardtanh,
)
_LAYERS: dict[type, Callable[[Traced, Any, str], Rule]] = {
    nn.Linear: Traced.linear,
    nn.LayerNorm: Traced.layer_norm,
    nn.Dropout: Traced.dropout,
    **dict.fromkeys(_ACTIVATIONS, Traced.elementwise),
}


def traced(scorer: Scorer) -> fx.Graph:
    """The graph of a loss.

    Raises:
        UnfusedError: If it has a gradient of its own.
        Exception: What the tracer says of code that cannot be traced.
    """
    with _no_gradients_of_ones_own():
        return fx.Tracer().trace(scorer.root)


@contextmanager
def _no_gradients_of_ones_own() -> Iterator[None]:
    """Within it no `torch.autograd.Function` is applied: tracing would see its operations, and not its gradient."""

    def refuse(cls: type, *_: Any) -> None:  # noqa: ANN401 - of any
        raise UnfusedError(f"{cls.__name__} has a gradient of its own")

    function: Any = torch.autograd.Function
    before = function.__dict__["apply"]
    function.apply = classmethod(refuse)
    try:
        yield
    finally:
        function.apply = before


def rule_of(module: nn.Module) -> str:
    """Name of a layer's kernel, in words."""
    if isinstance(module, nn.Linear):
        return "batched product of matrices"
    return "number by number" if isinstance(module, _ACTIVATIONS) else "a rule of its own"


def _is_batch(node: object) -> bool:
    return isinstance(node, fx.Node) and node.op == "placeholder"


def _same(x: Tensor) -> Tensor:
    return x


def _each(function: Callable[..., Tensor]) -> Rule:
    """A function number by number; of two tensors, only of one rank: a run's axes then lie on each other."""

    def rule(*args: Any, **more: Any) -> Tensor:  # noqa: ANN401 - tensors and numbers
        if len({each.dim() for each in args if isinstance(each, Tensor)}) != 1:
            raise UnfusedError("tensors of several ranks")
        return function(*args, **more)

    return rule


def _turned(x: Tensor) -> Tensor:
    """Rows of numbers `[run, row, unit]` as `[run, unit, row]`.

    There products of small matrices are several times as fast on a CPU, and do not round by where a run's numbers lie.
    """
    if x.dim() > 3:  # noqa: PLR2004 - run, row, unit
        raise UnfusedError("rows that are no vectors")
    return x.transpose(1, -1).contiguous()


def _mean(x: Tensor) -> Tensor:
    return x.flatten(1).mean(1)


def _sum(x: Tensor) -> Tensor:
    return x.flatten(1).sum(1)


def _without_unit(x: Tensor, axis: int = -1) -> Tensor:
    """The rows of a network with one output as numbers."""
    if x.dim() != 3 or x.shape[1] != 1 or axis not in {1, -1}:  # noqa: PLR2004 - run, unit, row
        raise UnfusedError("squeeze of another axis than the last, or of several outputs")
    return x[:, 0]


def _squared(x: Tensor, y: Tensor, *, reduction: str = "mean") -> Tensor:
    if x.shape != y.shape or reduction != "mean":
        raise UnfusedError("mse_loss of other shapes or reduction")
    return (x - y).square().flatten(1).mean(1)


def _entropy(
    x: Tensor, y: Tensor, *, reduction: str = "mean", ignore_index: int = -100, label_smoothing: float = 0.0
) -> Tensor:
    is_usual = reduction == "mean" and ignore_index == -100 and not label_smoothing  # noqa: PLR2004 - torch's default
    if x.dim() != 3 or y.dim() != 2 or not is_usual:  # noqa: PLR2004 - run, class, row
        raise UnfusedError("cross_entropy of other shapes or reduction")
    return -x.log_softmax(1).gather(1, y[:, None]).flatten(1).mean(1)


_FUNCTIONS: dict[Any, Rule] = {
    functional.mse_loss: _squared,
    functional.cross_entropy: _entropy,
    torch.mean: _mean,
    torch.sum: _sum,
    **{f: _each(f) for f in (operator.add, operator.sub, operator.mul, operator.truediv, operator.neg, operator.pow)},
    **{f: _each(f) for f in (torch.add, torch.sub, torch.mul, torch.tanh, torch.relu, torch.sigmoid, torch.abs)},
    **{f: _each(f) for f in (torch.exp, torch.sin, torch.cos, torch.square)},
    **{f: _each(f) for f in (functional.relu, functional.leaky_relu, functional.tanh, functional.sigmoid)},
    **{f: _each(f) for f in (functional.elu, functional.gelu, functional.silu, functional.softplus)},
}
_METHODS: dict[Any, Rule] = {
    "mean": _mean,
    "sum": _sum,
    "squeeze": _without_unit,
    **{
        name: _each(getattr(Tensor, name)) for name in ("square", "pow", "abs", "tanh", "relu", "sigmoid", "exp", "sin")
    },
}
