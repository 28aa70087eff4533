"""What a worker of a study without torch takes."""

from pathlib import Path

from jobs.tests.commands import hw1

STUDY = """
import atexit, re
from pathlib import Path
from jobs import Run, grid, study

def tell(folder: Path) -> None:
    peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
    (folder / "peak").write_text(peak[1])

@study(runs=grid(seed=range(20)), minutes=0.001)
def fit(run: Run, *, seed: int) -> dict:
    if seed == 0:
        atexit.register(tell, run.here)  # all that the worker does has been done then
    for k in run.steps(200):
        run.log(x=float(k))
    return {"loss": 1.0}
"""


def test_a_worker_of_a_study_without_torch_takes_at_most_150_mb_at_its_peak(tmp_path: Path) -> None:
    (tmp_path / "fits.py").write_text(STUDY)
    done = hw1("-p", str(tmp_path / "fits.py"), "submit", "--local", "--workers", "1", out=tmp_path / "out")
    assert "all 20 runs are done" in done.stdout, done.stderr
    assert 10_000 < int((tmp_path / "peak").read_text()) < 150_000  # kB
