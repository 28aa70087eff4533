"""The hundred minimal-ratio runs through `hw1 submit --local`, against a plain loop in a process of its own for each.

Run `python -m jobs.tests.bench_minimal_ratio`. Both sides start from nothing, on the same cores, in turn; the
plain loop is measured on ten of the runs, as many processes at once as there are cores, and extrapolated to a hundred.
"""

import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from jobs.tasking import n_cpus

SUBMIT = "from jobs.cli import main; main()"
PLAIN = "import sys; from jobs.tests.bench_minimal_ratio import plain; plain(int(sys.argv[1]))"
N_PLAIN, N_RUNS, N_ROUNDS = 10, 100, 3


def plain(seed: int) -> None:
    """One run as most would write it: an eager loop, then the Hessian by double backward."""
    import torch  # noqa: PLC0415 - in the processes that train

    from hw1.functions import evaluate, grid  # noqa: PLC0415
    from hw1.specs import FunctionFit  # noqa: PLC0415
    from hw1.plain import flattened, initialised, optimiser  # noqa: PLC0415
    from jobs.sweep import Sweep  # noqa: PLC0415

    torch.set_num_threads(1)
    spec = Sweep(studies=("minimal_ratio",)).runs()[seed].spec
    if not isinstance(spec, FunctionFit) or spec.gradient_norm_below is None:
        raise TypeError("minimal_ratio is made of function fits with a threshold")
    net = initialised(spec, seed=seed, dtype=torch.float32)
    x, y = (torch.tensor(v, dtype=torch.float32)[:, None] for v in (grid(), evaluate(spec.function, grid())))
    steps = optimiser(net, spec)
    for _ in range(spec.max_iterations):
        steps.zero_grad()
        loss = torch.nn.functional.mse_loss(net(x), y)
        loss.backward()
        if (
            torch.cat([p.grad.flatten() for p in net.parameters() if p.grad is not None]).norm()
            < spec.gradient_norm_below
        ):
            break
        steps.step()
    net, x, y = net.double(), x.double(), y.double()
    names, shapes = [n for n, _ in net.named_parameters()], [p.shape for p in net.parameters()]

    def loss_at(theta: torch.Tensor) -> torch.Tensor:
        parts = theta.split([s.numel() for s in shapes])
        weights = {n: v.view(s) for n, v, s in zip(names, parts, shapes, strict=True)}
        return torch.nn.functional.mse_loss(torch.func.functional_call(net, weights, (x,)), y)

    eigenvalues = torch.linalg.eigvalsh(torch.autograd.functional.hessian(loss_at, flattened(net)))
    print(seed, loss.item(), (eigenvalues > 0).double().mean().item())


def seconds(*command: str) -> float:
    """Wall seconds of a command, from start to end."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main() -> None:
    """Both sides in turn; medians and ratio."""
    ours, theirs = [], []
    for _ in range(N_ROUNDS):
        with tempfile.TemporaryDirectory() as out:
            ours.append(seconds("-c", SUBMIT, "submit", "--local", "--study", "minimal_ratio", "--out", out))
        begun = time.perf_counter()
        with ThreadPoolExecutor(n_cpus()) as pool:
            list(pool.map(lambda k: seconds("-c", PLAIN, str(k)), range(N_PLAIN)))
        theirs.append((time.perf_counter() - begun) * N_RUNS / N_PLAIN)
        print(
            f"hw1 submit --local: {ours[-1]:.1f} s; plain loop, one process a run: {theirs[-1]:.0f} s for {N_RUNS} runs"
        )
    ratios = sorted(b / a for a, b in zip(ours, theirs, strict=True))
    middle = N_ROUNDS // 2
    print(f"medians {sorted(ours)[middle]:.1f} s and {sorted(theirs)[middle]:.0f} s, ratio {ratios[middle]:.0f}")


if __name__ == "__main__":
    main()
