"""SGD, Adam and RMSprop in place on flat buffers, so that a stack of runs steps as one vector."""

from abc import ABC, abstractmethod
from typing import Any, final

import torch
from torch import Tensor

from hw1.specs import Classifier, FunctionFit


class FlatOptimizer(ABC):
    """Steps a flat parameter buffer. Weight decay is added to the gradient, as `torch.optim` does.

    State buffers have the shape of `theta`; everything else is the step count, the same for all runs of a stack. On a
    GPU it is counted there, so that a step can be replayed as a graph.
    """

    def __init__(self, theta: Tensor, *, learning_rate: float, weight_decay: float) -> None:
        """Zero state for `theta`, which is stepped in place."""
        self.theta, self.learning_rate, self.weight_decay = theta, learning_rate, weight_decay
        self._count: int | Tensor = theta.new_zeros((), dtype=torch.float64) if _counts_itself(theta.device) else 0
        self.moments: dict[str, Tensor] = {}
        self._decayed = torch.empty_like(theta)
        self._scratch = torch.empty_like(theta)

    @property
    def n_steps(self) -> int:
        """Steps made; on a GPU, waits for them."""
        return int(self._count)

    @n_steps.setter
    def n_steps(self, n: int) -> None:
        if isinstance(self._count, Tensor):
            self._count.fill_(n)
        else:
            self._count = n

    def step(self, gradient: Tensor) -> None:
        """One update from the gradient, which is left as it is."""
        self._count += 1  # in place where it is a tensor
        if self.weight_decay:
            gradient = torch.add(gradient, self.theta, alpha=self.weight_decay, out=self._decayed)
        self._update(gradient)

    @abstractmethod
    def _update(self, gradient: Tensor) -> None: ...

    def state(self) -> dict[str, Any]:
        """All that the next step depends on besides `theta`."""
        return {"n_steps": self.n_steps, **self.moments}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from `state()`."""
        self.n_steps = state["n_steps"]
        for name, moment in self.moments.items():
            moment.copy_(state[name])


@final
class SGD(FlatOptimizer):
    """Gradient descent with momentum, plain or Nesterov's, as in `torch.optim.SGD` (Sutskever et al. 2013)."""

    def __init__(
        self, theta: Tensor, *, learning_rate: float, weight_decay: float, momentum: float, nesterov: bool
    ) -> None:
        """Zero momentum, hence a first step along the gradient."""
        super().__init__(theta, learning_rate=learning_rate, weight_decay=weight_decay)
        self.momentum, self.nesterov = momentum, nesterov
        self.moments = {"momentum": torch.zeros_like(theta)}

    def _update(self, gradient: Tensor) -> None:
        velocity = self.moments["momentum"].mul_(self.momentum).add_(gradient)
        if self.nesterov:
            velocity = torch.add(gradient, velocity, alpha=self.momentum, out=self._scratch)
        self.theta.add_(velocity, alpha=-self.learning_rate)


@final
class Adam(FlatOptimizer):
    """Adam with torch's defaults β = (0.9, 0.999), ε = 1e-8 (Kingma & Ba 2015, arXiv:1412.6980)."""

    def __init__(self, theta: Tensor, *, learning_rate: float, weight_decay: float) -> None:
        """Zero moments."""
        super().__init__(theta, learning_rate=learning_rate, weight_decay=weight_decay)
        self.moments = {"mean": torch.zeros_like(theta), "square": torch.zeros_like(theta)}

    def _update(self, gradient: Tensor) -> None:
        beta1, beta2, epsilon = 0.9, 0.999, 1e-8
        mean = self.moments["mean"].lerp_(gradient, 1 - beta1)
        square = self.moments["square"].mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        correction1, correction2 = 1 - beta1**self._count, 1 - beta2**self._count
        root = torch.sqrt(square, out=self._scratch).mul_(correction2**-0.5).add_(epsilon)
        if isinstance(correction1, Tensor):
            self.theta.addcdiv_(mean, root.mul_(correction1), value=-self.learning_rate)
        else:
            self.theta.addcdiv_(mean, root, value=-self.learning_rate / correction1)


@final
class RMSprop(FlatOptimizer):
    """RMSprop with torch's defaults α = 0.99, ε = 1e-8 (Tieleman & Hinton 2012)."""

    def __init__(self, theta: Tensor, *, learning_rate: float, weight_decay: float) -> None:
        """Zero mean square."""
        super().__init__(theta, learning_rate=learning_rate, weight_decay=weight_decay)
        self.moments = {"square": torch.zeros_like(theta)}

    def _update(self, gradient: Tensor) -> None:
        alpha, epsilon = 0.99, 1e-8
        square = self.moments["square"].mul_(alpha).addcmul_(gradient, gradient, value=1 - alpha)
        self.theta.addcdiv_(gradient, torch.sqrt(square, out=self._scratch).add_(epsilon), value=-self.learning_rate)


def _counts_itself(device: torch.device) -> bool:
    return device.type == "cuda"


def optimizer(spec: FunctionFit | Classifier, theta: Tensor) -> FlatOptimizer:
    """The optimiser that a spec names, for a flat buffer of any number of runs."""
    rates = {"learning_rate": spec.learning_rate, "weight_decay": spec.weight_decay}
    if spec.optimizer == "sgd":
        return SGD(theta, **rates, momentum=spec.momentum, nesterov=False)
    return Adam(theta, **rates) if spec.optimizer == "adam" else RMSprop(theta, **rates)
