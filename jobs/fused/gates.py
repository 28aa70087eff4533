"""A GRU, written out: both directions of all runs in one product a step, and its gradient by hand."""

from collections.abc import Sequence

import torch
from torch import Tensor, fx, nn
from torch.ops import aten

from jobs.fused.errors import UnfusedError
from jobs.fused.written import Seen, Writer, seen_by


def gru(writer: Writer, node: fx.Node, layer: nn.GRU, name: str) -> tuple[Seen | None, ...]:
    """The states at all steps, `(step, unit)` a row; of the last state alone there is no rule.

    Raises:
        UnfusedError: If it has several layers, no bias, a first state, or computes the gradient of its input.
    """
    x = seen_by(writer, node)
    if layer.num_layers != 1 or not layer.bias or not layer.batch_first or len(node.args) > 1 or node.kwargs:
        raise UnfusedError("GRU of several layers, without bias, with a first state or with steps before rows")
    if x.values.is_needed or len(x.dims) != 2:  # noqa: PLR2004 - step, unit
        raise UnfusedError("GRU of other than the data")
    ends = ("", "_reverse")[: 1 + layer.bidirectional]
    parts = [f"{name}{kind}_l0{end}" for end in ends for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    taken = [writer.weight(part, 3 * layer.hidden_size) for part in parts]
    made = writer.values(node, x.dims[0] * layer.hidden_size * len(ends))
    cell = Cell(x.out, made.out.unflatten(1, (x.dims[0], len(ends), layer.hidden_size)), taken)
    writer.forward.append(cell.forward)

    def back() -> None:
        if made.gradient is not None:
            d = made.gradient.unflatten(1, (x.dims[0], len(ends), layer.hidden_size))
            writer.backward.append(lambda: cell.backward(d))

    writer.pending.append(back)
    return Seen(made, (x.dims[0], len(ends) * layer.hidden_size)), None


class Cell:
    """Buffers of all steps; a direction of a run is a lane of its own, `[step, direction · run, …, row]`.

    One product a step: its rows are the reset and update gates, the state's part of the candidate and the input's part
    of it; its columns the state, the input, and a constant 1.
    """

    def __init__(self, x: Tensor, out: Tensor, taken: Sequence[tuple[Tensor, Tensor]]) -> None:
        """Input `[run, step, unit, row]`, output `[run, step, direction, unit, row]`, weights and their gradients."""
        n_runs, n_steps, n_in, n_rows = x.shape
        n, h = out.shape[2], out.shape[3]
        self.x, self.out, self.taken, self.h, self.n_in, self.n = x, out, taken, h, n_in, n
        new = x.new_zeros
        self.states = new(n_steps + 1, n * n_runs, h + n_in + 1, n_rows)
        self.states[:, :, -1] = 1.0
        self.gates, self.d_gates = (new(n_steps, n * n_runs, 4 * h, n_rows) for _ in range(2))
        self.candidates = new(n_steps, n * n_runs, h, n_rows)
        self.weight, self.d_weight = (new(n * n_runs, 4 * h, h + n_in + 1) for _ in range(2))
        self.turned = self.weight[:, :, :h].transpose(1, 2)
        self.d_state, self.spare = (new(n * n_runs, h, n_rows) for _ in range(2))
        self.steps = [
            (s, s[:, :h], t[:, :h], g, g[:, : 2 * h], *g.split(h, 1), c, d, *d.split(h, 1))
            for s, t, g, c, d in zip(
                self.states[:-1], self.states[1:], self.gates, self.candidates, self.d_gates, strict=True
            )
        ]

    def _by_run(self, of: Tensor, k: int) -> Tensor:
        """One direction's part of `[step, direction · run, …]`, in the order of time, `[run, step, …]`."""
        part: Tensor = of.unflatten(1, (self.n, -1))[:, k].transpose(0, 1)
        return part.flip(1) if k else part

    def forward(self) -> None:
        """States from the first step on, each direction from its own end."""
        h, n_in = self.h, self.n_in
        for k in range(self.n):
            w_in, w_state, b_in, b_state = (w for w, _ in self.taken[4 * k : 4 * k + 4])
            to = self.weight.unflatten(0, (self.n, -1))[k]
            to[:, : 3 * h, :h] = w_state
            to[:, : 2 * h, h:-1], to[:, 3 * h :, h:-1] = w_in[:, : 2 * h], w_in[:, 2 * h :]
            torch.add(b_in[:, : 2 * h], b_state[:, : 2 * h], out=to[:, : 2 * h, -1:])
            to[:, 2 * h : 3 * h, -1:], to[:, 3 * h :, -1:] = b_state[:, 2 * h :], b_in[:, 2 * h :]
            given = (self.x.flip(1) if k else self.x).transpose(0, 1)
            self.states[:-1, :, h : h + n_in].unflatten(1, (self.n, -1))[:, k] = given
        for s, before, after, g, both, r, z, own, new, c, *_ in self.steps:
            torch.bmm(self.weight, s, out=g)
            both.sigmoid_()
            torch.addcmul(new, r, own, out=c).tanh_()
            torch.lerp(c, before, z, out=after)
        for k in range(self.n):
            self.out[:, :, k] = self._by_run(self.states[1:, :, :h], k)

    def backward(self, d_out: Tensor) -> None:
        """Gradients of the weights, by those of the outputs `[run, step, direction, unit, row]`."""
        d, spare = self.d_state.zero_(), self.spare
        given = torch.stack([(d_out[:, :, k].flip(1) if k else d_out[:, :, k]) for k in range(self.n)])
        given = given.permute(2, 0, 1, 3, 4).flatten(1, 2)
        for (_, before, _, _, _, r, z, own, _, c, d_g, d_r, d_z, d_own, d_new), more in zip(
            reversed(self.steps), reversed(given.unbind()), strict=True
        ):
            d.add_(more)
            aten.sigmoid_backward.grad_input(torch.sub(before, c, out=spare).mul_(d), z, grad_input=d_z)
            aten.tanh_backward.grad_input(torch.addcmul(d, d, z, value=-1, out=spare), c, grad_input=d_new)
            torch.mul(d_new, r, out=d_own)
            aten.sigmoid_backward.grad_input(torch.mul(d_new, own, out=spare), r, grad_input=d_r)
            d.mul_(z).baddbmm_(self.turned, d_g)
        self._weights()

    def _weights(self) -> None:
        """Sum the products of all steps."""
        h, each = self.h, self.d_gates.flatten(0, 1)
        products = torch.bmm(each, self.states[:-1].flatten(0, 1).transpose(1, 2))
        torch.sum(products.unflatten(0, (len(self.d_gates), -1)), 0, out=self.d_weight)
        for k in range(self.n):
            to = [gradient for _, gradient in self.taken[4 * k : 4 * k + 4]]
            of = self.d_weight.unflatten(0, (self.n, -1))[k]
            rows = torch.cat([of[:, : 2 * h], of[:, 3 * h :]], 1)
            for gradient, part in zip(
                to, (rows[:, :, h:-1], of[:, : 3 * h, :h], rows[:, :, -1:], of[:, : 3 * h, -1:]), strict=True
            ):
                gradient.copy_(part)
