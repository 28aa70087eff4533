"""Optimisers of torch.optim that step each number by itself, for runs as rows of one matrix."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

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
        groups = torch.repeat_interleave(torch.tensor(sizes)) if len(sizes) > 1 else None
        self.groups = None if groups is None else groups.to(theta.device)
        self.values = _numbers(flags)
        self._optimizer = STEPS[kind]
        self.moments = {name: torch.zeros_like(theta) for name in self._optimizer.moments(first)}
        self.base, self._known = self.values["lr"], dict[str, Tensor]()
        self._alike: dict[tuple[str, ...], tuple[Tensor, Tensor]] = {}
        self._product = 0, torch.ones_like(self.base)
        self._is_decoupled = bool(first["weight_decay"] and first.get("decoupled_weight_decay"))
        if "initial_accumulator_value" in self.values:
            self.moments["sum"] += self.wide(self.values["initial_accumulator_value"])

    def numbers(self, factor: Tensor) -> Tensor:
        """The next step's numbers that the host knows, `[number, run, group]`; counts it as made.

        Args:
            factor: Of the learning rates, `[run, 1]`.
        """
        self.n_steps += 1
        self.values["lr"] = self.base * factor
        decay = [1 - self.values["lr"] * self.values["weight_decay"]] if self._is_decoupled else []
        return torch.stack([*decay, *self._optimizer.numbers(self)]).to(self.theta.dtype)

    def step(self, gradient: Tensor, numbers: Tensor) -> None:
        """Make the step; the gradient may be changed.

        Args:
            gradient: As the parameters lie, `[run, parameter]`.
            numbers: Of this step, where the parameters are.
        """
        wide = [self.wide(each) for each in numbers]
        if self._is_decoupled:
            self.theta.mul_(wide.pop(0))
        elif self.flags["weight_decay"]:
            gradient = gradient.add_(self.theta * self.fixed("weight_decay"))
        self._optimizer.step(self, gradient, *wide)

    def wide(self, values: Tensor) -> Tensor:
        """Values `[run, group]` as they are taken to the parameters, `[run, 1]` or `[run, parameter]`."""
        values = values.to(self.theta)
        return values if self.groups is None else values[:, self.groups]

    def fixed(self, name: str, of: Callable[[Tensor], Tensor] = lambda x: x, key: str = "") -> Tensor:
        """Values that do not change from step to step."""
        if name + key not in self._known:
            self._known[name + key] = self.wide(of(self.values[name]))
        return self._known[name + key]

    def averages(self, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """The running means of the gradient and of its square."""
        mean = self.moments["mean"].lerp_(gradient, self.fixed("beta1", _rest, "rest"))
        square = self.moments["square"].lerp_(gradient * gradient, self.fixed("beta2", _rest, "rest"))
        return mean, square

    def power(self, name: str) -> Tensor:
        """A value to the power of the steps so far; one by one: a vector's last bits depend on its length."""
        return self._each_once(lambda x: x**self.n_steps, name)

    def _each_once(self, function: Callable[..., float], *names: str) -> Tensor:
        """A function of these values of each run and group, `[run, group]`, called once for all that are equal."""
        if names not in self._alike:
            rows = torch.stack([self.values[name] for name in names], -1)
            self._alike[names] = rows.flatten(0, 1).unique(dim=0, return_inverse=True)
        distinct, place = self._alike[names]
        found = torch.tensor([function(*row) for row in distinct.tolist()], dtype=torch.float64)
        return found[place].view_as(self.values[names[0]])

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
        return self._each_once(lambda b, d: b * (1 - 0.5 * 0.96 ** (n * d)), "beta1", "momentum_decay")


def _rest(x: Tensor) -> Tensor:
    return 1 - x


def _rate(rule: Rule) -> list[Tensor]:
    return [rule.values["lr"]]


def _sgd(rule: Rule, gradient: Tensor, rate: Tensor) -> None:
    if rule.flags["momentum"]:
        momentum = rule.fixed("momentum")
        dampening = rule.fixed("dampening", _rest, "rest")  # at the first step, too: later ones are replayed on a GPU
        fresh = gradient if rule.n_steps == 1 else gradient * dampening
        velocity = rule.moments["velocity"].mul_(momentum).add_(fresh)
        gradient = gradient + velocity * momentum if rule.flags["nesterov"] else velocity
    rule.theta.sub_(gradient * rate)


def _adams(rule: Rule) -> list[Tensor]:
    return [1 / rule.correction("beta2").sqrt(), rule.values["lr"] / rule.correction("beta1")]


def _adam(rule: Rule, gradient: Tensor, scale: Tensor, rate: Tensor) -> None:
    mean, square = rule.averages(gradient)
    if rule.flags["amsgrad"]:
        square = torch.maximum(rule.moments["largest"], square, out=rule.moments["largest"])
    root = square.sqrt().mul_(scale).add_(rule.fixed("eps"))
    rule.theta.sub_((mean * rate).div_(root))


def _rmsprop(rule: Rule, gradient: Tensor, rate: Tensor) -> None:
    rest = rule.fixed("alpha", _rest, "rest")
    square = rule.moments["square"].lerp_(gradient * gradient, rest)
    if rule.flags["centered"]:
        square = square - rule.moments["mean"].lerp_(gradient, rest) ** 2
    step = gradient / square.sqrt().add_(rule.fixed("eps"))
    if rule.flags["momentum"]:
        step = rule.moments["velocity"].mul_(rule.fixed("momentum")).add_(step)
    rule.theta.sub_(step * rate)


def _adagrads(rule: Rule) -> list[Tensor]:
    return [rule.values["lr"] / (1 + (rule.n_steps - 1) * rule.values["lr_decay"])]


def _adagrad(rule: Rule, gradient: Tensor, rate: Tensor) -> None:
    root = rule.moments["sum"].add_(gradient * gradient).sqrt().add_(rule.fixed("eps"))
    rule.theta.sub_((gradient * rate).div_(root))


def _adadelta(rule: Rule, gradient: Tensor, rate: Tensor) -> None:
    rest, eps = rule.fixed("rho", _rest, "rest"), rule.fixed("eps")
    square = rule.moments["square"].lerp_(gradient * gradient, rest)
    step = (rule.moments["steps"] + eps).sqrt_().div_((square + eps).sqrt_()).mul_(gradient)
    rule.moments["steps"].lerp_(step * step, rest)
    rule.theta.sub_(step * rate)


def _nadams(rule: Rule) -> list[Tensor]:
    now, after, product = rule.momenta()
    rate = rule.values["lr"]
    return [1 / rule.correction("beta2"), rate * (1 - now) / (1 - product), rate * after / (1 - product * after)]


def _nadam(rule: Rule, gradient: Tensor, scale: Tensor, by_gradient: Tensor, by_mean: Tensor) -> None:
    mean, square = rule.averages(gradient)
    root = (square * scale).sqrt_().add_(rule.fixed("eps"))
    first, second = (gradient * by_gradient).div_(root), (mean * by_mean).div_(root)
    rule.theta.sub_(first).sub_(second)


def _radams(rule: Rule) -> list[Tensor]:
    longest = 2 / (1 - rule.values["beta2"]) - 1
    correction = rule.correction("beta2")
    length = longest - 2 * rule.n_steps * rule.power("beta2") / correction
    scale = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
    is_long = length > 5  # noqa: PLR2004 - as Liu et al. 2020 have it
    scale = torch.where(is_long, scale, 0).sqrt()
    return [scale * correction.sqrt(), is_long.to(scale), rule.values["lr"] / rule.correction("beta1")]


def _radam(rule: Rule, gradient: Tensor, scale: Tensor, is_long: Tensor, rate: Tensor) -> None:
    mean, square = rule.averages(gradient)
    adapted = square.sqrt().add_(rule.fixed("eps")).reciprocal_().mul_(scale)
    adapted = torch.where(is_long > 0, adapted, torch.ones_like(adapted))
    rule.theta.sub_((mean * rate).mul_(adapted))


def _of_adam(flags: dict[str, Any]) -> tuple[str, ...]:
    return ("mean", "square", "largest") if flags["amsgrad"] else ("mean", "square")


def _of_rmsprop(flags: dict[str, Any]) -> tuple[str, ...]:
    return ("square", *("mean",) * bool(flags["centered"]), *("velocity",) * bool(flags["momentum"]))


class _Optimizer(NamedTuple):
    """One of torch's, for all rows of a matrix."""

    step: Callable[..., None]
    """By the gradient and the numbers of this step, where the parameters are; nothing in it waits for the host."""
    numbers: Callable[[Rule], list[Tensor]]
    """Of a step, `[run, group]` in float64, on the host."""
    moments: Callable[[dict[str, Any]], tuple[str, ...]]
    """Names of what it keeps from step to step."""


STEPS: dict[type, _Optimizer] = {
    optim.SGD: _Optimizer(_sgd, _rate, lambda flags: ("velocity",) if flags["momentum"] else ()),
    optim.Adam: _Optimizer(_adam, _adams, _of_adam),
    optim.AdamW: _Optimizer(_adam, _adams, _of_adam),
    optim.RMSprop: _Optimizer(_rmsprop, _rate, _of_rmsprop),
    optim.Adagrad: _Optimizer(_adagrad, _adagrads, lambda _: ("sum",)),
    optim.Adadelta: _Optimizer(_adadelta, _rate, lambda _: ("square", "steps")),
    optim.NAdam: _Optimizer(_nadam, _nadams, lambda _: ("mean", "square")),
    optim.RAdam: _Optimizer(_radam, _radams, lambda _: ("mean", "square")),
}
"""By torch's own class."""


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
