"""Networks in functions: cut at every step, they end with the same bits."""

from typing import Any

import pytest

from jobs import Run, grid, study
from jobs.tests.functions.test_drive import drive, same

torch = pytest.importorskip("torch")


@study(runs=grid(lr=[1e-2], seed=range(2), epochs=5))
def mlp(run: Run, *, lr: float, seed: int, epochs: int) -> dict[str, Any]:
    torch.manual_seed(seed)
    x = torch.rand(64, 2)
    net = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 1))
    adam = torch.optim.Adam(net.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.StepLR(adam, 2)
    order, mean = torch.Generator().manual_seed(seed), torch.zeros(3)
    keep = {"net": net, "adam": adam, "schedule": schedule, "order": order, "mean": mean}
    for epoch in run.steps(epochs, keep=keep):
        for rows in torch.randperm(64, generator=order).split(16):
            loss = (net(x[rows]) - x[rows].prod(1, keepdim=True)).square().mean()
            adam.zero_grad()
            loss.backward()
            adam.step()
        schedule.step()
        mean += torch.rand(3)
        run.log(epoch=epoch, loss=loss)
    return {"loss": loss, "weights": sum(p.double().sum() for p in net.parameters()), "mean": mean.sum()}


def test_a_network_cut_at_every_step_ends_with_the_same_bits() -> None:
    tables = same(mlp).tables
    assert tables is not None
    assert len(set(tables["mlp.log"]["loss"])) == 10
    assert [type(value) for value in tables["mlp.runs"]["loss"]] == [float, float]


def test_networks_within_a_list_are_refused() -> None:
    @study(runs=grid(a=1))
    def nets(run: Run, *, a: int) -> None:
        for _ in run.steps(2, keep={"nets": [torch.nn.Linear(1, 1)]}):
            pass

    with pytest.raises(TypeError, match=r"`nets` holds a Linear: give each such object a name of its own in `keep`"):
        drive(nets)
