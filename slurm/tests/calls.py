"""What the tests have workers do."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from slurm import cores
from slurm.signals import stop_requested


@dataclass(frozen=True)
class Note:
    """Leave a note of when, with what, and in which process it ran."""

    path: Path
    seconds: float = 0.0

    def __call__(self) -> None:
        """Run."""
        begin = time.time()
        time.sleep(self.seconds)
        names = ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        note = {name: os.environ[name] for name in names}
        self.path.write_text(json.dumps(note | {"begin": begin, "end": time.time(), "pid": os.getpid()}))


@dataclass(frozen=True)
class Cores:
    """Leave a list of the numbers of cores that it may use, until it may use some number of them."""

    path: Path
    until: int

    def __call__(self) -> None:
        """Run."""
        seen, late = [0], time.monotonic() + 60
        while seen[-1] != self.until and time.monotonic() < late:
            if cores.free() != seen[-1]:
                seen.append(cores.free())
                self.path.write_text(" ".join(map(str, seen)))
            time.sleep(0.005)


@dataclass(frozen=True)
class WaitFor:
    """Wait until a file has a word."""

    path: Path
    word: str

    def __call__(self) -> None:
        """Run."""
        late = time.monotonic() + 60
        while not (self.path.exists() and self.word in self.path.read_text().split()) and time.monotonic() < late:
            time.sleep(0.005)


@dataclass(frozen=True)
class Touch:
    """Leave a file."""

    path: Path

    def __call__(self) -> None:
        """Run."""
        self.path.touch()


@dataclass(frozen=True)
class Where:
    """Say where this was imported from."""

    path: Path

    def __call__(self) -> None:
        """Run."""
        self.path.write_text(__file__)


@dataclass(frozen=True)
class Checkpointing:
    """Work until asked to stop; then take longer to write the checkpoint than submitit's controller would allow."""

    path: Path
    seconds: float = 1.4

    def __call__(self) -> None:
        """Run."""
        with self.path.open("a") as file:
            print("begun", os.getpid(), file=file, flush=True)
            while not stop_requested():
                time.sleep(0.02)
            print("half", file=file, flush=True)
            time.sleep(self.seconds)
            print("whole", file=file, flush=True)


@dataclass(frozen=True)
class Stubborn:
    """Never stop, and start a process that does not either."""

    path: Path

    def __call__(self) -> None:
        """Run."""
        with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"]):
            self.path.write_text(f"begun {os.getpid()}\n")
            while True:
                time.sleep(1)


def refuse() -> None:
    """Raise."""
    raise ValueError("no: ÿ 漢")


def leave() -> None:
    """End Python from within."""
    sys.exit(3)


def vanish() -> None:
    """End the process from within, after some words."""
    os.write(2, b"last words \xff\n")
    os._exit(7)


def kill_self() -> None:
    """Die as of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


class Unloadable:
    """Pickled easily, but not loaded."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Load by raising."""
        return _raise, ("cannot be loaded",)

    def __call__(self) -> None:
        """Never run."""


def _raise(message: str) -> None:
    raise RuntimeError(message)
