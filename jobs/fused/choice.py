"""The way in which runs of a shape train: how many share a stack, whether their bits are proven, or why they do not."""

import copy
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from jobs.fused import streams
from jobs.fused.attributes import Hidden, hidden
from jobs.fused.built import Built, of_other_seeds
from jobs.fused.errors import UnfusedError, reason
from jobs.fused.memo import remembered
from jobs.fused.module import Batch, Data, Module
from jobs.fused.program import Program
from jobs.fused.speed import ratio
from jobs.fused.stack import Shape, Stack
from jobs.fused.tails import Tails
from jobs.fused.traced import Traced, traced

MOST_LANES, FEWEST_LANES = {"cpu": 32, "cuda": 256}, 2
"""On a CPU so many that no tensor of all lanes has a tail: see `jobs.fused.tails`."""
MARGIN = 1.1
"""A stack is taken where it is at least this many times as fast as the loop."""
VERSION = 2
"""Of the ways: what was measured of earlier ones says nothing."""
STEP_FLOPS = {"cpu": 8e7, "cuda": 2e10}
"""A stack's step does at most about this many operations: a few milliseconds on a core, or on a GPU."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The way in which runs of one shape train."""

    shape: Shape | None
    """None if they train one by one."""
    has_masks: bool
    draws: bool = False
    """True if a loss draws at random by other ways than dropout."""
    changing: tuple[str, ...] = ()
    """Attributes that steps change, though they are neither parameters nor buffers."""
    measures_stacked: bool = True
    is_proven: bool
    why: str = ""
    """Reasons why they are not fused, or their measures are not."""

    @property
    def way(self) -> str:
        """The way in few words."""
        if self.shape is None:
            return f"loop: {self.why}"
        name = "traced" if self.shape.is_traced else "vmap"
        return f"{name}, {self.shape.lanes} lanes{f'; {self.why}' * bool(self.why)}"

    @property
    def bits(self) -> str:
        """The promise about the lonely run's bits."""
        return "proven" if self.is_proven else "not claimed"


def chosen(built: Sequence[Built], shared: frozenset[str] | None) -> Choice:
    """The way of these runs, which have one signature; the same for each alone. The loop if nothing is shared."""
    first = built[0]
    has_masks, draws, flops = _looked_at(first)
    beside = _hidden(built)
    lanes = n_lanes(flops, next(first.model.parameters()).device)
    why = "it draws at random by other ways than dropout" if draws else "a step of one run keeps a core busy"
    loop = Choice(
        shape=None, has_masks=has_masks, draws=draws, changing=beside.changing, is_proven=True, why=beside.why or why
    )
    if draws or beside.why or lanes < FEWEST_LANES or shared is None:
        return loop
    try:
        shape = Shape(built, shared, lanes=lanes, has_masks=has_masks)
        _trace(shape)
        if not _is_torchs(shape):
            return replace(loop, why="stacked, it has another gradient than torch gives it alone")
        is_proven = _lanes_are_independent(shape)
    except Exception as error:  # noqa: BLE001 - whatever keeps them from being stacked, the plain loop may do
        why = str(error) if isinstance(error, UnfusedError) else reason(error)
        return replace(loop, why=why)
    if pays(shape) < MARGIN:
        return replace(loop, why="one by one is as fast on this machine")
    try:
        shape.fresh([0]).measured()
    except Exception as error:  # noqa: BLE001 - as above
        why = f"measures one by one: {reason(error)}"
        return Choice(shape=shape, has_masks=has_masks, is_proven=is_proven, measures_stacked=False, why=why)
    return Choice(shape=shape, has_masks=has_masks, is_proven=is_proven)


def pays(shape: Shape) -> float:
    """Speed of a full stack as a multiple of the loop's on this machine, measured by whoever asked first."""
    first = shape.built[0]
    rows = [each for each in batch_rows(first, 0) if each is not None]
    kind = type(first.run)
    question = (
        kind.__module__,
        kind.__qualname__,
        first.signature,
        first.run.batch,
        shape.lanes,
        shape.is_traced,
        VERSION,
    )
    device = next(first.model.parameters()).device
    return remembered(question, lambda: ratio(shape, rows or None), device)


def n_lanes(flops: float, device: torch.device) -> int:
    """Runs of a stack whose step does about as much as the device does in milliseconds: a power of 2."""
    lanes = MOST_LANES[device.type]
    while lanes > 1 and lanes * flops > STEP_FLOPS[device.type]:
        lanes //= 2
    return lanes


def batch_rows(built: Built, epoch: int) -> list[Tensor | None]:
    """The rows of each batch of a run's epoch; None where all are one batch."""
    if built.run.batch is None or built.run.batch >= built.n_rows:
        return [None]
    is_shuffled = getattr(built.run, "shuffled", True)
    rows = streams.order(built.seed, epoch, built.n_rows) if is_shuffled else torch.arange(built.n_rows)
    return list(rows.split(built.run.batch))


def _hidden(built: Sequence[Built]) -> Hidden:
    """Attributes on which a step depends beside its tensors.

    Raises:
        TypeError: If a run's numbers would depend on what was trained before it.
    """
    first, batch = built[0], _first_batch(built[0])
    n, device = len(next(iter(batch.values()))), next(iter(batch.values())).device
    few = {name: t[:n] for name, t in first.data.test.items()}
    others = [*of_other_seeds(first), *(each.model for each in built[1:])]
    own = {id(t) for t in first.model.parameters() if t.requires_grad}  # a frozen part may be one for all
    if any(id(t) in own for other in others for t in other.parameters()):
        raise TypeError("`model` must make a new network at every call: runs would go on with each other's weights")

    def call(model: nn.Module, run: Module) -> None:
        with torch.random.fork_rng(devices=[]), streams.Masks(streams.keys([0], 0)[0].to(device)):
            streams.begin(0)
            run.loss(model.train(), batch)
            with suppress(Exception), torch.no_grad():  # measures need not be any of few rows
                run.measure(model.eval(), Data(train=batch, test=few))

    data = [*first.data.train.items(), *first.data.test.items()]
    before = [t._version for _, t in data]  # noqa: SLF001 - counts changes in place; there is no other way
    found = hidden(first.model, first.run, others, call)
    changed = [name for (name, t), version in zip(data, before, strict=True) if t._version != version]  # noqa: SLF001
    if changed:
        raise TypeError(f"`loss` or `measure` changes `{changed[0]}` of the data in place: other steps would see it")
    return found


def _first_batch(built: Built) -> Batch:
    rows = batch_rows(built, 0)[0]
    return Batch({name: t if rows is None else t[rows.to(t.device)] for name, t in built.data.train.items()})


def _looked_at(first: Built) -> tuple[bool, bool, float]:
    """If a run's loss draws masks, if it draws otherwise, and the operations of its step."""
    batch = _first_batch(first)
    model, run = copy.deepcopy(first.model).train(), first.run
    device = next(iter(batch.values())).device
    counter = FlopCounterMode(display=False)
    before = streams.stands()
    with counter, streams.Masks(streams.keys([0], 0)[0].to(device)) as masks:
        run.loss(model, batch)
    return masks.n_calls > 0, streams.stands() != before, 3.0 * counter.get_total_flops()


def _is_torchs(shape: Shape) -> bool:
    """True if the first run's gradient is in every lane to rounding the one that torch gives it alone.

    With `Embedding(padding_idx=…)` it is not: `vmap` of torch 2.15 gives the padding one in all lanes but the first.
    """
    built, model = shape.built[0], copy.deepcopy(shape.built[0].model).train()
    batch = _first_batch(built)
    key = streams.keys([built.seed], 0)[0].to(next(iter(batch.values())).device)
    with streams.Masks(key) if shape.has_masks else nullcontext():
        built.run.loss(model, batch).backward()
    own = dict(model.named_parameters())
    gradients = [torch.zeros_like(own[name]) if (g := own[name].grad) is None else g for name in shape.names]
    right = torch.cat([g.flatten() for g in gradients])
    found = _gradients(shape, _rows(shape))[1]
    eps = torch.finfo(right.dtype).eps
    return bool(((found - right).norm(dim=1) <= max(1e-3, 10 * eps) * right.norm() + eps).all())


def _rows(shape: Shape) -> Tensor | None:
    """The rows of the first batch in every lane."""
    first = batch_rows(shape.built[0], 0)[0]
    return None if first is None else first.expand(shape.lanes, -1).to(next(iter(shape.rows.train.values())).device)


def _trace(shape: Shape) -> None:
    """Set a traced loss, written out or not, where there is one and it agrees with what `vmap` makes of the same."""
    rows = _rows(shape)
    shape.scorer.model.train()
    right = _gradients(shape, rows)
    for find in (_written, _by_rules):
        with suppress(Exception):  # whatever the tracer meets: `vmap` takes more
            find(shape)
            if all(
                torch.allclose(a, b, rtol=1e-3, atol=1e-4) for a, b in zip(right, _gradients(shape, rows), strict=True)
            ):
                return
        shape.traced = shape.program = None


def _gradients(shape: Shape, rows: Tensor | None) -> tuple[Tensor, Tensor]:
    stack = shape.fresh([0])
    keys = stack.keys()
    loss, gradient = stack.gradient(rows, None if keys is None else keys.to(stack.theta.device))
    return loss, shape.layout.rows(gradient)


def _written(shape: Shape) -> None:
    shape.program = Program(traced(shape.scorer), dict(shape.scorer.root.named_modules()), shape.shapes)


def _by_rules(shape: Shape) -> None:
    shape.traced = Traced(shape.scorer)


def _lanes_are_independent(shape: Shape) -> bool:
    """True if two steps on each size of batch give the same bits in another order of the lanes.

    Other bits of a few functions in a tail are too rare for that to find them: a step that takes one is not trusted.
    """
    forth = list(range(shape.lanes))
    back = forth[1:][::-1] + forth[:1]
    with Tails() if shape.has_tails else nullcontext() as tails:
        one = _probed(shape, forth)
    if tails is not None and tails.found:
        return False
    two = _probed(shape, back)
    return all(torch.equal(one[name][back], two[name]) for name in one)


def _probed(shape: Shape, order: Sequence[int]) -> dict[str, Tensor]:
    """The state of as many networks near the first after a few steps, in this order."""
    stack = Stack(shape, [0])
    stack.places = [0] * shape.lanes
    noise = torch.randn(stack.theta.shape, generator=torch.Generator().manual_seed(0)).to(stack.theta)
    stack.theta += 0.01 * noise[list(order)] * stack.theta
    first = shape.built[0]
    batches = [batch_rows(first, epoch) for epoch in range(shape.lanes)]
    for number in sorted({0, 1, len(batches[0]) - 1} & set(range(len(batches[0])))):
        rows = [batches[k][number] for k in order]
        stack.step(None if rows[0] is None else torch.stack([r for r in rows if r is not None]))
    return stack.state()
