"""Losses that are written out, each with its gradient."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, fx
from torch.nn import functional
from torch.ops import aten

from jobs.fused.errors import UnfusedError
from jobs.fused.written import Seen, Writer


def squared(writer: Writer, node: fx.Node) -> Callable[[], Tensor]:
    """Mean squared error of each run."""
    x, y = (writer.seen.get(each) for each in node.args[:2])  # type: ignore[arg-type]
    if not isinstance(x, Seen) or not isinstance(y, Seen) or x.dims != y.dims or not _is_usual(node, reduction="mean"):
        raise UnfusedError("mse_loss of other shapes or reduction")
    residual = torch.empty_like(x.values.out)
    writer.forward.append(partial(torch.sub, x.values.out, y.values.out, out=residual))
    factor = 2 / residual[0].numel()
    writer.pending.append(lambda: writer.give(x.values, lambda to: torch.mul(residual, factor, out=to)))
    return lambda: residual.flatten(1).square().mean(1)


def entropy(writer: Writer, node: fx.Node) -> Callable[[], Tensor]:
    """Mean cross-entropy of each run."""
    x, y = (writer.seen.get(each) for each in node.args[:2])  # type: ignore[arg-type]
    usual = _is_usual(node, reduction="mean", ignore_index=-100, label_smoothing=0.0)
    if not isinstance(x, Seen) or not isinstance(y, Tensor) or len(x.dims) != 1 or not usual:
        raise UnfusedError("cross_entropy of other shapes or reduction")
    scores, at = torch.empty_like(x.values.out), y[:, None]
    less = scores.new_full((), -1.0).expand(at.shape)
    writer.forward.append(partial(aten._log_softmax.out, x.values.out, 1, False, out=scores))  # noqa: FBT003, SLF001

    def write(to: Tensor) -> None:
        torch.exp(scores, out=to).scatter_add_(1, at, less).div_(writer.n_rows)

    writer.pending.append(lambda: writer.give(x.values, write))
    return lambda: -scores.gather(1, at).flatten(1).mean(1)


def _is_usual(node: fx.Node, **usual: object) -> bool:
    """True if a loss has no option but those that it has by default: `usual`, and None."""
    return len(node.args) == 2 and all(v is None or usual.get(k) == v for k, v in node.kwargs.items())  # noqa: PLR2004


LOSSES: dict[Any, Callable[[Writer, fx.Node], Callable[[], Tensor]]] = {
    functional.mse_loss: squared,
    functional.cross_entropy: entropy,
}
