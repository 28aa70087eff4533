"""Convolutions over one axis, written out: windows side by side, then a product of matrices a run."""

from functools import partial

import torch
from torch import fx, nn

from jobs.fused.errors import UnfusedError
from jobs.fused.written import Seen, Values, Writer, seen_by


def conv1d(writer: Writer, node: fx.Node, layer: nn.Conv1d, name: str) -> Seen:
    """As a dense layer on every window.

    Raises:
        UnfusedError: If it has groups, dilation, or another padding than zeros.
    """
    x = seen_by(writer, node)
    if layer.groups != 1 or layer.dilation != (1,) or layer.padding_mode != "zeros" or isinstance(layer.padding, str):
        raise UnfusedError("Conv1d with groups, dilation or another padding")
    (size,), (stride,), (pad,) = layer.kernel_size, layer.stride, layer.padding
    n_in, length = x.dims
    n_units, n_out = n_in * size, (length + 2 * pad - size) // stride + 1
    wide = writer.new(n_in, length + 2 * pad)
    flat = writer.theta.new_ones(writer.n_lanes, n_units + (layer.bias is not None), n_out * writer.n_rows)
    windows = flat[:, :n_units].unflatten(1, (n_in, size)).unflatten(3, (n_out, writer.n_rows))
    weight, gradient = writer.weight(f"{name}weight", layer.out_channels)
    out = writer.new(layer.out_channels * n_out)
    product, made = out.view(writer.n_lanes, layer.out_channels, -1), Values(node, out, is_needed=True, scratch=out)
    writer.forward += [
        partial(wide[:, :, pad : pad + length].copy_, x.out),
        partial(windows.copy_, wide.unfold(2, size, stride).permute(0, 1, 4, 2, 3)),
        partial(torch.bmm, weight, flat, out=product),
    ]

    def back() -> None:
        if made.gradient is None:
            return
        d = made.gradient.view(product.shape)
        writer.backward.append(partial(torch.bmm, d, flat.transpose(1, 2), out=gradient))
        if not x.values.is_needed:
            return
        d_wide, d_flat = torch.zeros_like(wide), flat.new_empty(writer.n_lanes, n_units, flat.shape[2])
        d_windows = d_flat.view(windows.shape)
        writer.backward += [d_wide.zero_, partial(torch.bmm, weight[:, :, :n_units].transpose(1, 2), d, out=d_flat)]
        for k in range(size):
            part = d_wide[:, :, k : k + stride * (n_out - 1) + 1 : stride]
            writer.backward.append(partial(part.add_, d_windows[:, :, k]))
        inner = d_wide[:, :, pad : pad + length]
        writer.give(x.values, lambda to: to.view(inner.shape).copy_(inner))

    writer.pending.append(back)
    return Seen(made, (layer.out_channels, n_out))
