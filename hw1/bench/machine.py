"""The peak of this machine's matrix products.

``python -m hw1.bench.machine N`` prints the peak of N threads, in operations a second.
"""

import sys
import time

SIZE, REPEATS = 2048, 8


def peak(n_threads: int) -> float:
    """Operations a second of the best of some large float32 matrix products."""
    import torch  # noqa: PLC0415 - heavy, and only in the process that measures

    torch.set_num_threads(n_threads)
    a, b = torch.rand(2, SIZE, SIZE)
    seconds = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        torch.mm(a, b)
        seconds.append(time.perf_counter() - begun)
    return 2 * SIZE**3 / min(seconds)


if __name__ == "__main__":
    print(peak(int(sys.argv[1])))  # noqa: T201 - read by the benchmark
