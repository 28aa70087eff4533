"""GRU, LSTM and plain recurrent layers written out step by step: torch's own operations for them cannot be stacked."""

from collections.abc import Callable
from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from jobs.fused.errors import UnfusedError

States = tuple[Tensor, ...]
Step = Callable[[Any, Tensor, Tensor, States], States]


def unrolled(model: nn.Module) -> nn.Module:
    """The network, whose recurrent layers compute step by step from now on: the same numbers to rounding."""
    for module in model.modules():
        if type(module) in _STEPS and not module.proj_size:
            module.forward = MethodType(_forward, module)
    return model


def _forward(self: Any, given: Any, before: Any = None) -> tuple[Tensor, Any]:  # noqa: ANN401 - as torch's layers take
    """Outputs and last states, as the layer itself gives them."""
    if not isinstance(given, Tensor) or given.dim() != 3:  # noqa: PLR2004 - row, step, unit
        raise UnfusedError(f"{type(self).__name__} of packed or single sequences")
    x = given.transpose(0, 1) if self.batch_first else given
    n_states = 2 if type(self) is nn.LSTM else 1
    all_before = before if n_states > 1 or before is None else (before,)
    ends: list[States] = []
    for layer in range(self.num_layers):
        if layer and self.dropout:
            x = functional.dropout(x, self.dropout, self.training)
        outputs = []
        for suffix in ("", "_reverse")[: 1 + self.bidirectional]:
            zero = x.new_zeros(x.shape[1], self.hidden_size)
            start = (zero,) * n_states if all_before is None else tuple(each[len(ends)] for each in all_before)
            steps, end = _along(self, x, start, f"_l{layer}{suffix}", is_reverse=bool(suffix))
            outputs.append(steps)
            ends.append(end)
        x = torch.cat(outputs, -1)
    last = tuple(torch.stack(each) for each in zip(*ends, strict=True))
    return x.transpose(0, 1) if self.batch_first else x, last if n_states > 1 else last[0]


def _along(cell: Any, x: Tensor, states: States, name: str, *, is_reverse: bool) -> tuple[Tensor, States]:  # noqa: ANN401
    """Outputs `[step, row, unit]` of one direction of one layer, and its last states."""
    bias = (getattr(cell, f"bias_ih{name}"), getattr(cell, f"bias_hh{name}")) if cell.bias else (None, None)
    weight, step = getattr(cell, f"weight_hh{name}"), _STEPS[type(cell)]
    inputs = functional.linear(x, getattr(cell, f"weight_ih{name}"), bias[0])
    outputs: list[Tensor] = []
    for number in reversed(range(len(x))) if is_reverse else range(len(x)):
        states = step(cell, inputs[number], functional.linear(states[0], weight, bias[1]), states)
        outputs.append(states[0])
    return torch.stack(outputs[::-1] if is_reverse else outputs), states


def _gru(cell: Any, given: Tensor, own: Tensor, states: States) -> States:  # noqa: ANN401, ARG001 - as the others
    reset, update, new = given.chunk(3, -1)
    own_reset, own_update, own_new = own.chunk(3, -1)
    new = torch.tanh(new + torch.sigmoid(reset + own_reset) * own_new)
    return (new + torch.sigmoid(update + own_update) * (states[0] - new),)


def _lstm(cell: Any, given: Tensor, own: Tensor, states: States) -> States:  # noqa: ANN401, ARG001 - as the others
    into, forget, new, out = (given + own).chunk(4, -1)
    memory = torch.sigmoid(forget) * states[1] + torch.sigmoid(into) * torch.tanh(new)
    return torch.sigmoid(out) * torch.tanh(memory), memory


def _rnn(cell: Any, given: Tensor, own: Tensor, states: States) -> States:  # noqa: ANN401, ARG001 - as the others
    return (torch.relu(given + own) if cell.nonlinearity == "relu" else torch.tanh(given + own),)


_STEPS: dict[type, Step] = {nn.GRU: _gru, nn.LSTM: _lstm, nn.RNN: _rnn}
"""One step of each: from what the input and the state are turned into, and the states before."""
