"""Loss and gradient of a traced network, written out: buffers and views made once, and no graph built in a step."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn import functional
from torch.ops import aten

from jobs.fused.errors import UnfusedError
from jobs.fused.layout import Layout

Step = Callable[[], object]
Write = Callable[[Tensor], object]
"""Writes a gradient `[run, unit, row]` into a buffer."""


@dataclass(eq=False)
class Values:
    """Numbers of every row, `[run, unit, row]`; rows lie last, where products of small matrices are fast on a CPU.

    `padded` has a unit of ones after them, so that a bias is one more weight.
    """

    node: fx.Node
    """The node that they were first computed by; views of them are others'."""
    out: Tensor
    is_needed: bool
    padded: Tensor | None = None
    scratch: Tensor | None = None
    """Free once the forward pass is over."""
    gradient: Tensor | None = None


@dataclass(frozen=True)
class Seen:
    """Values in a shape: of a row `dims`."""

    values: Values
    dims: tuple[int, ...]

    @property
    def out(self) -> Tensor:
        """Shape `[run, …, row]`."""
        return self.values.out.unflatten(1, self.dims) if self.dims else self.values.out[:, 0]


class Writer:
    """Builds the two passes through a network for one number of rows; each rule appends its steps."""

    def __init__(self, theta: Tensor, layout: Layout, modules: Mapping[str, nn.Module], n_rows: int) -> None:
        """On the parameters in `theta`, which are stepped in place."""
        self.theta, self.layout, self.modules, self.n_rows = theta, layout, modules, n_rows
        self.n_lanes = len(theta)
        self.seen: dict[fx.Node, Any] = {}
        self.forward: list[Step] = []
        self.backward: list[Step] = []
        self.pending: list[Step] = []
        """Rules' second halves, which append to `backward`."""
        pieces = dict(zip(layout.blocks, theta.split(layout.parts, 1), strict=False))
        self.blocks = {block.names[0]: (block, part) for block, part in pieces.items()}
        self.gradients = {block.names[0]: theta.new_zeros(self.n_lanes, block.size) for block in layout.blocks}
        self.used: set[str] = set()

    def new(self, *dims: int) -> Tensor:
        """A buffer `[run, …, row]`."""
        return self.theta.new_zeros(self.n_lanes, *dims, self.n_rows)

    def values(self, node: fx.Node, n_units: int, *, is_needed: bool = True) -> Values:
        """Values with a unit of ones after them."""
        padded = self.new(n_units + 1).fill_(1.0)
        return Values(node, padded[:, :n_units], is_needed, padded)

    def padded(self, values: Values) -> Tensor:
        """The values with a unit of ones."""
        if values.padded is not None:
            return values.padded
        padded = self.new(values.out.shape[1] + 1).fill_(1.0)
        self.forward.append(partial(padded[:, :-1].copy_, values.out))
        return padded

    def weight(self, name: str, n_out: int) -> tuple[Tensor, Tensor]:
        """A block `[run, out, in]` or `[run, out, in + 1]`, and the buffer of its gradient.

        Raises:
            UnfusedError: If it is not trained, or taken twice.
        """
        if name in self.used or name not in self.blocks:
            raise UnfusedError(f"{name} is shared or not trained")
        self.used.add(name)
        return self.blocks[name][1].unflatten(1, (n_out, -1)), self.gradients[name].unflatten(1, (n_out, -1))

    def give(self, values: Values, write: Write) -> None:
        """Let a gradient be written, or added to what is there."""
        if not values.is_needed:
            return
        if values.gradient is None:
            values.gradient = values.scratch if values.scratch is not None else self.new(values.out.shape[1])
            self.backward.append(partial(write, values.gradient))
        else:
            more = self.new(values.out.shape[1])
            self.backward += [partial(write, more), partial(values.gradient.add_, more)]

    def is_alone(self, node: fx.Node) -> bool:
        """True if one rule takes these values, whatever shapes they are seen in."""
        users = list(node.users)
        return len(users) == 1 and (not self._is_view(users[0]) or self.is_alone(users[0]))

    def _is_view(self, node: fx.Node) -> bool:
        if node.op == "call_module":
            return isinstance(self.modules[str(node.target)], nn.Flatten | nn.Unflatten | nn.Identity)
        return FUNCTIONS.get(node.target) in {flattened, squeezed, entry}


def seen_by(writer: Writer, node: fx.Node) -> Seen:
    """The node that a node is computed from first.

    Raises:
        UnfusedError: If it is no layer's output and no data.
    """
    found = writer.seen.get(node.args[0]) if node.args and isinstance(node.args[0], fx.Node) else None
    if not isinstance(found, Seen):
        raise UnfusedError(f"no rule for {node.format_node()}")
    return found


def linear(writer: Writer, node: fx.Node, layer: nn.Linear, name: str) -> Seen:
    """A product of matrices a run; three with its gradients."""
    x = seen_by(writer, node)
    if len(x.dims) != 1:
        raise UnfusedError("Linear of more than vectors")
    given = writer.padded(x.values) if layer.bias is not None else x.values.out
    weight, gradient = writer.weight(f"{name}weight", layer.out_features)
    out = writer.new(layer.out_features)
    made = Values(node, out, is_needed=True, scratch=out)
    writer.forward.append(partial(torch.bmm, weight, given, out=out))

    def back() -> None:
        if made.gradient is not None:
            writer.backward.append(partial(torch.bmm, made.gradient, given.transpose(1, 2), out=gradient))
            turned, d = weight[:, :, : layer.in_features].transpose(1, 2), made.gradient
            writer.give(x.values, lambda to: torch.bmm(turned, d, out=to))

    writer.pending.append(back)
    return Seen(made, (layer.out_features,))


def number_by_number(
    function: Callable[[Tensor, Tensor], object], derivative: Callable[[Tensor, Tensor, Tensor], object]
) -> Callable[..., Seen]:
    """An activation: `function(x, out)`, and `derivative(gradient, y, out)` by its result."""

    def rule(writer: Writer, node: fx.Node) -> Seen:
        x = seen_by(writer, node)
        made = writer.values(node, x.values.out.shape[1], is_needed=x.values.is_needed)
        if writer.is_alone(x.values.node):
            made.scratch = x.values.scratch
        else:
            x.values.scratch = None
        writer.forward.append(partial(function, x.values.out, made.out))

        def back() -> None:
            if (d := made.gradient) is not None:
                writer.give(x.values, lambda to: derivative(d, made.out, to))

        writer.pending.append(back)
        return Seen(made, x.dims)

    return rule


def leaky(slope: float) -> Callable[..., Seen]:
    """Leaky ReLU, whose result tells on which side the input was.

    Raises:
        UnfusedError: If the slope is negative: then it does not.
    """
    if slope < 0:
        raise UnfusedError("a negative slope")
    return number_by_number(
        lambda x, out: aten.leaky_relu.out(x, slope, out=out),
        lambda d, y, out: aten.leaky_relu_backward.grad_input(d, y, slope, True, grad_input=out),  # noqa: FBT003
    )


RELU = number_by_number(
    lambda x, out: torch.clamp_min(x, 0.0, out=out),
    lambda d, y, out: aten.threshold_backward.grad_input(d, y, 0.0, grad_input=out),
)
TANH = number_by_number(
    lambda x, out: torch.tanh(x, out=out), lambda d, y, out: aten.tanh_backward.grad_input(d, y, grad_input=out)
)
SIGMOID = number_by_number(
    lambda x, out: torch.sigmoid(x, out=out), lambda d, y, out: aten.sigmoid_backward.grad_input(d, y, grad_input=out)
)


def added(writer: Writer, node: fx.Node) -> Seen:
    """The sum of two layers' outputs."""
    a, b = (writer.seen.get(each) if isinstance(each, fx.Node) else None for each in node.args)
    if a is None or b is None or a.dims != b.dims or a.values is b.values or node.kwargs:
        raise UnfusedError("a sum of other than two layers' outputs of one shape")
    made = writer.values(node, prod(a.dims), is_needed=a.values.is_needed or b.values.is_needed)
    a.values.scratch = b.values.scratch = None
    writer.forward.append(partial(torch.add, a.values.out, b.values.out, out=made.out))

    def back() -> None:
        if (d := made.gradient) is not None:
            writer.give(b.values, lambda to: to.copy_(d))
            writer.give(a.values, lambda to: to.copy_(d))

    writer.pending.append(back)
    return Seen(made, a.dims)


def flattened(writer: Writer, node: fx.Node) -> Seen:
    """A row's numbers as a vector.

    Raises:
        UnfusedError: If it begins at another axis than the first of a row.
    """
    if (*node.args[1:], *node.kwargs.values()) not in {(), (1,), (1, -1)}:
        raise UnfusedError("flatten from another axis")
    x = seen_by(writer, node)
    return Seen(x.values, (prod(x.dims),))


def squeezed(writer: Writer, node: fx.Node) -> Seen:
    """The rows of a network with one output as numbers.

    Raises:
        UnfusedError: If there are several outputs, or the axis is another.
    """
    x = seen_by(writer, node)
    if x.dims != (1,) or (*node.args[1:], *node.kwargs.values()) not in {(-1,), (1,)}:
        raise UnfusedError("squeeze of another axis than the last, or of several outputs")
    return Seen(x.values, ())


def entry(writer: Writer, node: fx.Node) -> Any:  # noqa: ANN401 - values, or one of several
    """One of a layer's results, or a row with an axis more.

    Raises:
        UnfusedError: If it is another index.
    """
    x, index = writer.seen[node.args[0]], node.args[1]  # type: ignore[index]
    if isinstance(x, tuple) and isinstance(index, int):
        return x[index]  # None where there is no rule for it: whoever takes it is refused
    whole = slice(None)
    if not isinstance(x, Seen) or not isinstance(index, tuple) or index[:1] != (whole,):
        raise UnfusedError(f"no rule for {node.format_node()}")
    if any(each is not None and each != whole for each in index) or sum(e is not None for e in index) > 1 + len(x.dims):
        raise UnfusedError(f"no rule for {node.format_node()}")
    left, dims = list(x.dims), list[int]()
    for each in index[1:]:
        dims.append(1 if each is None else left.pop(0))
    return Seen(x.values, (*dims, *left))


FUNCTIONS: dict[Any, Callable[[Writer, fx.Node], Any]] = {
    **dict.fromkeys((torch.relu, functional.relu, "relu"), RELU),
    **dict.fromkeys((torch.tanh, functional.tanh, "tanh"), TANH),
    **dict.fromkeys((torch.sigmoid, functional.sigmoid, "sigmoid"), SIGMOID),
    **dict.fromkeys((operator.add, torch.add, "add"), added),
    **dict.fromkeys((torch.flatten, "flatten"), flattened),
    **dict.fromkeys((torch.squeeze, "squeeze"), squeezed),
    operator.getitem: entry,
}
"""By function, or a tensor's method's name."""
