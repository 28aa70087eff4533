"""Function fits in blocks of iterations, as on a GPU: the numbers of a host that looks after every one."""

from collections.abc import Callable, Sequence

import pytest
import torch

from hw1.function_fit import Fit
from hw1.specs import FunctionFit
from hw1.tests import made
from jobs.state import State

pytestmark = pytest.mark.kernels

RULES: dict[str, Callable[[int], FunctionFit]] = {
    "no rule": lambda k: made.fit(seed=k, max_iterations=250, measures="gradient_norm"),
    "a gradient's norm": lambda k: made.fit(
        seed=k, hidden=(6, 5), max_iterations=500, measures="spectrum", gradient_norm_below=0.05 + 0.01 * (k % 2)
    ),
    "loss and changes": lambda k: made.fit(
        seed=k, hidden=(6, 5), optimizer="rmsprop", max_iterations=600, loss_below=0.2, change_below=2e-4
    ),
    "a loss that diverges to NaN": lambda k: made.fit(
        seed=k, hidden=(6, 5), optimizer="sgd", learning_rate=1.05, max_iterations=45, loss_below=0.01
    ),
}


def fit(specs: Sequence[FunctionFit], *, in_blocks: bool) -> Fit:
    begun = Fit(specs, device=made.CPU, dtype=torch.float32)
    begun.in_blocks = in_blocks
    return begun


def finished(of: Fit) -> State:
    for _ in (*of.iterate(), *of.measure_spectra()):
        pass
    return of.finished()


@pytest.mark.parametrize("n_runs", [1, 2, 7])
@pytest.mark.parametrize("rule", RULES)
def test_every_run_has_the_bits_it_has_where_the_host_looks_after_each_iteration(rule: str, n_runs: int) -> None:
    specs = [RULES[rule](2 * k) for k in range(n_runs)]
    one_by_one = finished(fit(specs, in_blocks=False))
    blocks = finished(fit(specs, in_blocks=True))
    assert not made.differences(one_by_one, blocks)
    assert one_by_one.failures == blocks.failures


def test_the_rules_stop_runs_at_different_iterations() -> None:
    """Else the test above would say little."""
    for rule in ("a gradient's norm", "loss and changes"):
        of = fit([RULES[rule](2 * k) for k in range(7)], in_blocks=True)
        assert finished(of).tables
        assert len(set(of.stopped_at.tolist())) > 3, rule
        assert any(step % 100 for step in of.stopped_at.tolist()), rule
    broken = fit([RULES["a loss that diverges to NaN"](2 * k) for k in range(7)], in_blocks=True)
    assert 0 < len(finished(broken).failures) < 7


@pytest.mark.parametrize("then_in_blocks", [True, False])
@pytest.mark.parametrize("rule", ["no rule", "a gradient's norm", "loss and changes"])
def test_a_pack_cut_between_blocks_continues_to_the_same_bits(rule: str, then_in_blocks: bool) -> None:
    specs = [RULES[rule](2 * k) for k in range(5)]
    whole = finished(fit(specs, in_blocks=True))
    cut = fit(specs, in_blocks=True)
    for state in [made.saved_and_loaded(state) for _, state in zip(range(2), cut.iterate(), strict=False)]:
        continued = fit(specs, in_blocks=then_in_blocks)
        continued.restore(state.values)
        assert not made.differences(whole, finished(continued))
