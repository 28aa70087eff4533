"""Optimisers of torch.optim that step each number by itself, for runs as rows of one matrix."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, optim

from jobs.fused.errors import UnfusedError

Values = dict[str, Tensor]
"""An optimiser's values, `[run, group]` in float64."""


class Rule:
    """Steps a matrix `[run, parameter]` in place, each run by its own values."""

    def __init__(
        self, theta: Tensor, kind: type, flags: Sequence[Sequence[dict[str, Any]]], sizes: Sequence[int]
    ) -> None:
        """Zero moments; `flags` are the values by run and group, `sizes` the parameters of each group.

        Raises:
            UnfusedError: If the optimiser is none that can be stacked.
        """
        if kind not in STEPS:
            known = ", ".join(each.__name__ for each in STEPS)
            raise UnfusedError(
                f"optimiser {kind.__name__}: only those that step each number by itself are stacked ({known})"
            )
        first = flags[0][0]
        for name in ("maximize", "differentiable", "capturable"):
            if any(group.get(name) for group in flags[0]):
                raise UnfusedError(f"optimiser {kind.__name__} with {name}=True is not stacked")
        if any(_switches(group) != _switches(first) for run in flags for group in run):
            raise UnfusedError(f"optimiser {kind.__name__}: its groups differ in more than numbers")
        self.theta, self.flags, self.n_steps = theta, first, 0
        self.groups = torch.repeat_interleave(torch.tensor(sizes)) if len(sizes) > 1 else None
        self.values = _numbers(flags)
        self._step, names = STEPS[kind]
        self.moments = {name: torch.zeros_like(theta) for name in names(first)}
        self.base, self._known = self.values["lr"], dict[str, Tensor]()
        self._product = 0, torch.ones_like(self.base)
        if "initial_accumulator_value" in self.values:
            self.moments["sum"] += self.wide(self.values["initial_accumulator_value"])

    def step(self, gradient: Tensor, factor: Tensor) -> None:
        """One step, with learning rates times each run's factor, `[run, 1]`; the gradient may be changed."""
        self.n_steps += 1
        self.values["lr"] = self.base * factor
        self._step(self, gradient)

    def wide(self, values: Tensor) -> Tensor:
        """Values `[run, group]` as they are taken to the parameters, `[run, 1]` or `[run, parameter]`."""
        return (values if self.groups is None else values[:, self.groups]).to(self.theta)

    def fixed(self, name: str, of: Callable[[Tensor], Tensor] = lambda x: x, key: str = "") -> Tensor:
        """Values that do not change from step to step."""
        if name + key not in self._known:
            self._known[name + key] = self.wide(of(self.values[name]))
        return self._known[name + key]

    def decayed(self, gradient: Tensor) -> Tensor:
        """With weight decay: added to the gradient, or taken from the weights."""
        if not self.flags["weight_decay"]:
            return gradient
        if self.flags.get("decoupled_weight_decay"):
            self.theta.mul_(self.wide(1 - self.values["lr"] * self.values["weight_decay"]))
            return gradient
        return gradient.add_(self.theta * self.fixed("weight_decay"))

    def averages(self, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """The running means of the gradient and of its square."""
        mean = self.moments["mean"].lerp_(gradient, self.fixed("beta1", _rest, "rest"))
        square = self.moments["square"].lerp_(gradient * gradient, self.fixed("beta2", _rest, "rest"))
        return mean, square

    def power(self, name: str) -> Tensor:
        """A value to the power of the steps so far; one by one: a vector's last bits depend on its length."""
        values = self.values[name]
        return torch.tensor([[x**self.n_steps for x in row] for row in values.tolist()], dtype=values.dtype)

    def correction(self, name: str) -> Tensor:
        """By how much a running mean from zero is too small."""
        return 1 - self.power(name)

    def momenta(self) -> tuple[Tensor, Tensor, Tensor]:
        """Of NAdam: the momentum of this step and of the next, and the product of all up to this one."""
        n, product = self._product
        while n < self.n_steps:
            n += 1
            product = product * self._momentum(n)
        self._product = n, product
        return self._momentum(n), self._momentum(n + 1), product

    def _momentum(self, n: int) -> Tensor:
        pairs = zip(self.values["beta1"].tolist(), self.values["momentum_decay"].tolist(), strict=True)
        rows = [[b * (1 - 0.5 * 0.96 ** (n * d)) for b, d in zip(*pair, strict=True)] for pair in pairs]
        return torch.tensor(rows, dtype=torch.float64)


def _rest(x: Tensor) -> Tensor:
    return 1 - x


def _sgd(rule: Rule, gradient: Tensor) -> None:
    gradient = rule.decayed(gradient)
    if rule.flags["momentum"]:
        momentum = rule.fixed("momentum")
        fresh = gradient if rule.n_steps == 1 else gradient * rule.fixed("dampening", _rest, "rest")
        velocity = rule.moments["velocity"].mul_(momentum).add_(fresh)
        gradient = gradient + velocity * momentum if rule.flags["nesterov"] else velocity
    rule.theta.sub_(gradient * rule.wide(rule.values["lr"]))


def _adam(rule: Rule, gradient: Tensor) -> None:
    mean, square = rule.averages(rule.decayed(gradient))
    if rule.flags["amsgrad"]:
        square = torch.maximum(rule.moments["largest"], square, out=rule.moments["largest"])
    root = square.sqrt().mul_(rule.wide(1 / rule.correction("beta2").sqrt())).add_(rule.fixed("eps"))
    rule.theta.sub_((mean * rule.wide(rule.values["lr"] / rule.correction("beta1"))).div_(root))


def _rmsprop(rule: Rule, gradient: Tensor) -> None:
    gradient = rule.decayed(gradient)
    rest = rule.fixed("alpha", _rest, "rest")
    square = rule.moments["square"].lerp_(gradient * gradient, rest)
    if rule.flags["centered"]:
        square = square - rule.moments["mean"].lerp_(gradient, rest) ** 2
    step = gradient / square.sqrt().add_(rule.fixed("eps"))
    if rule.flags["momentum"]:
        step = rule.moments["velocity"].mul_(rule.fixed("momentum")).add_(step)
    rule.theta.sub_(step * rule.wide(rule.values["lr"]))


def _adagrad(rule: Rule, gradient: Tensor) -> None:
    gradient = rule.decayed(gradient)
    rate = rule.values["lr"] / (1 + (rule.n_steps - 1) * rule.values["lr_decay"])
    root = rule.moments["sum"].add_(gradient * gradient).sqrt().add_(rule.fixed("eps"))
    rule.theta.sub_((gradient * rule.wide(rate)).div_(root))


def _adadelta(rule: Rule, gradient: Tensor) -> None:
    gradient = rule.decayed(gradient)
    rest, eps = rule.fixed("rho", _rest, "rest"), rule.fixed("eps")
    square = rule.moments["square"].lerp_(gradient * gradient, rest)
    step = (rule.moments["steps"] + eps).sqrt_().div_((square + eps).sqrt_()).mul_(gradient)
    rule.moments["steps"].lerp_(step * step, rest)
    rule.theta.sub_(step * rule.wide(rule.values["lr"]))


def _nadam(rule: Rule, gradient: Tensor) -> None:
    gradient = rule.decayed(gradient)
    mean, square = rule.averages(gradient)
    now, after, product = rule.momenta()
    root = (square * rule.wide(1 / rule.correction("beta2"))).sqrt_().add_(rule.fixed("eps"))
    rate = rule.values["lr"]
    by_gradient = (gradient * rule.wide(rate * (1 - now) / (1 - product))).div_(root)
    by_mean = (mean * rule.wide(rate * after / (1 - product * after))).div_(root)
    rule.theta.sub_(by_gradient).sub_(by_mean)


def _radam(rule: Rule, gradient: Tensor) -> None:
    mean, square = rule.averages(rule.decayed(gradient))
    longest = 2 / (1 - rule.values["beta2"]) - 1
    correction = rule.correction("beta2")
    length = longest - 2 * rule.n_steps * rule.power("beta2") / correction
    scale = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
    is_long = length > 5  # noqa: PLR2004 - as Liu et al. 2020 have it
    scale = torch.where(is_long, scale, 0).sqrt()
    root = square.sqrt().add_(rule.fixed("eps"))
    adapted = root.reciprocal_().mul_(rule.wide(scale * correction.sqrt()))
    adapted = torch.where(rule.wide(is_long) > 0, adapted, torch.ones_like(adapted))
    rule.theta.sub_((mean * rule.wide(rule.values["lr"] / rule.correction("beta1"))).mul_(adapted))


def _of_adam(flags: dict[str, Any]) -> tuple[str, ...]:
    return ("mean", "square", "largest") if flags["amsgrad"] else ("mean", "square")


def _of_rmsprop(flags: dict[str, Any]) -> tuple[str, ...]:
    return ("square", *("mean",) * bool(flags["centered"]), *("velocity",) * bool(flags["momentum"]))


STEPS: dict[type, tuple[Callable[[Rule, Tensor], None], Callable[[dict[str, Any]], tuple[str, ...]]]] = {
    optim.SGD: (_sgd, lambda flags: ("velocity",) if flags["momentum"] else ()),
    optim.Adam: (_adam, _of_adam),
    optim.AdamW: (_adam, _of_adam),
    optim.RMSprop: (_rmsprop, _of_rmsprop),
    optim.Adagrad: (_adagrad, lambda _: ("sum",)),
    optim.Adadelta: (_adadelta, lambda _: ("square", "steps")),
    optim.NAdam: (_nadam, lambda _: ("mean", "square")),
    optim.RAdam: (_radam, lambda _: ("mean", "square")),
}
"""Rules of one step, and the moments that each keeps, by torch's own class."""


def _numbers(flags: Sequence[Sequence[dict[str, Any]]]) -> Values:
    """Every number of every run's groups, `[run, group]`."""
    names = [name for name, value in flags[0][0].items() if _is_number(value)]
    values = {name: _matrix([[group[name] for group in run] for run in flags]) for name in names}
    if "betas" in flags[0][0]:
        for k in (0, 1):
            values[f"beta{k + 1}"] = _matrix([[group["betas"][k] for group in run] for run in flags])
    return values


def _matrix(rows: list[list[Any]]) -> Tensor:
    return torch.tensor([[float(value) for value in row] for row in rows], dtype=torch.float64)


def _is_number(value: Any) -> bool:  # noqa: ANN401 - an optimiser's value
    if isinstance(value, Tensor):
        return value.numel() == 1
    return isinstance(value, float | int) and not isinstance(value, bool) and math.isfinite(value)


def _switches(group: dict[str, Any]) -> dict[str, bool]:
    """Which of a group's values change its arithmetic."""
    known = ("weight_decay", "momentum", "nesterov", "amsgrad", "centered", "decoupled_weight_decay")
    return {name: bool(group[name]) for name in known if name in group}
