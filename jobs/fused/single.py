"""A run by itself, as plain torch trains it: where stacking is impossible or does not pay."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from jobs.fused import streams
from jobs.fused.attributes import kept, put_back
from jobs.fused.built import Built
from jobs.fused.module import Batch, Data, Module
from jobs.fused.scored import row


class Single:
    """One run: its own network, stepped by its own optimiser."""

    def __init__(
        self, built: Built, place: int, *, has_masks: bool, draws: bool = False, changing: Sequence[str] = ()
    ) -> None:
        """Before the first step; `draws`: by other ways than dropout; `changing`: attributes that are no tensors."""
        self.built, self.places, self.lane_of, self.n_steps = built, [place], [place], 0
        self.has_masks, self.draws, self.changing = has_masks, draws, changing
        self.rates = [group["lr"] for group in built.optimizer.param_groups]
        self.has_schedule = type(built.run).schedule is not Module.schedule
        self.clip = getattr(built.run, "clip", None)

    def step(self, rows: Tensor | None) -> Tensor:
        """One step; the loss before it, `[1]`."""
        run, model, optimizer = self.built.run, self.built.model, self.built.optimizer
        train = self.built.data.train
        batch = train if rows is None else {name: t[rows[0]] for name, t in train.items()}
        model.train()
        with self._drawing():
            loss = run.loss(model, Batch(batch))
        optimizer.zero_grad()
        loss.backward()
        if self.clip is not None:
            nn.utils.clip_grad_norm_(model.parameters(), self.clip)
        if self.has_schedule:
            for group, rate in zip(optimizer.param_groups, self.rates, strict=True):
                group["lr"] = rate * run.schedule(self.n_steps)
        optimizer.step()
        self.n_steps += 1
        return loss.detach().reshape(1)

    def measured(self) -> list[dict[str, Any]]:
        """The run's measures."""
        model, data = self.built.model, self.built.data
        model.eval()
        with torch.no_grad():
            return [row(self.built.run.measure(model, Data(train=data.train, test=data.test)))]

    def measured_one_by_one(self) -> list[dict[str, Any]]:
        """The same: it is one."""
        return self.measured()

    def state(self) -> dict[str, Any]:
        """All that changes."""
        model, optimizer = self.built.model, self.built.optimizer
        tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
        return {
            "tensors": {name: t.detach().clone() for name, t in tensors.items()},
            "optimizer": optimizer.state_dict(),
            "attributes": kept(model, self.built.run, self.changing),
        }

    def restore(self, state: Mapping[str, Any], n_steps: int) -> None:
        """Continue from `state`, after a number of steps."""
        model = self.built.model
        tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
        with torch.no_grad():
            for name, t in tensors.items():
                t.copy_(state["tensors"][name])
        self.built.optimizer.load_state_dict(state["optimizer"])
        put_back(model, self.built.run, state.get("attributes", {}))
        self.n_steps = n_steps

    def _drawing(self) -> Any:  # noqa: ANN401 - a context
        """Dropout draws from the run's own stream; so does what else draws at random."""
        if self.draws:
            streams.begin(streams.seed_of(self.built.seed, "step", self.n_steps))
        if not self.has_masks:
            return nullcontext()
        device = next(self.built.model.parameters()).device
        return streams.Masks(streams.keys([self.built.seed], self.n_steps)[0].to(device))
