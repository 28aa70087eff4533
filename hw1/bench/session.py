"""A session: rounds of works, in which we and peers take turns; each round of a work is written once it is whole."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jobs
from hw1.bench import ours
from hw1.bench.extrapolation import extrapolated
from hw1.bench.floor import arithmetic
from hw1.bench.numbers import Agreement, Numbers, compared
from hw1.bench.runners import MODULES, version
from hw1.bench.works import RUNNERS, Work
from jobs.plan.tasks import n_cpus
from jobs.worker import provenance
from results import bench, processors
from results.bench import FLOOR, US, Row

INSTALL = 'pip install "hw1[bench]"'
_ROOT = Path(jobs.__file__).parents[1]
_PEERS_A_TURN = 2
"""Number of peers that are measured between one of our measurements and the next."""


class BenchError(RuntimeError):
    """Our own side failed: there is nothing to set peers against."""


@dataclass(kw_only=True)
class Session:
    """Works to measure, and the rows so far."""

    works: Sequence[Work]
    peers: Callable[[Work], Sequence[str]]
    """Which peers do a work."""
    n_rounds: int
    path: Path
    rows: list[Row] = field(default_factory=list)
    cores: int = field(default_factory=n_cpus)
    _compared: dict[str, dict[int, Numbers]] = field(default_factory=dict)

    def left(self) -> list[tuple[int, Work]]:
        """Rounds of works that have not been measured."""
        done = {(row["round"], row["work"]) for row in self.rows}
        return [(n, work) for n in range(1, self.n_rounds + 1) for work in self.works if (n, work.name) not in done]

    def resume(self) -> int:
        """Take over what a session before measured on this machine with this code; how many rows that are.

        Ratios are made within a round of a work, and those are taken over whole, so none mixes two sessions.
        """
        self.rows = [row for row in bench.read(self.path) if all(row[k] == v for k, v in self._here().items())]
        return len(self.rows)

    def measure(self, number: int, work: Work) -> Iterator[str]:
        """One round of a work; says what is measured next, and writes the rows once all are there."""
        rows: list[Row] = []
        wanted = list(self.peers(work))
        first = 0
        our_numbers: dict[int, Numbers] = {}
        for k, peer in enumerate(wanted or [""]):
            if k % _PEERS_A_TURN == 0:
                yield f"{work.name}: hw1"
                first += 1
                row, our_numbers = self._ours(number, work, first)
                rows.append(row)
            if peer:
                yield f"{work.name}: {peer}"
                rows.append(self._theirs(number, work, first, peer, our_numbers))
        if not work.start_counts:
            yield f"{work.name}: the machine's peak"
            rows.append(self._floor(number, work, first, our_numbers))
        self.rows += rows
        bench.write(self.path, self.rows)

    def _here(self) -> dict[str, Any]:
        code = provenance.code(Path(__file__).parent)
        return {"cpu": processors.model(), "n_cpus": self.cores, "git_commit": code.commit, "git_dirty": code.dirty}

    def _row(self, number: int, work: Work, turn: int, side: str, **values: Any) -> Row:  # noqa: ANN401 - any column's
        empty: Row = dict.fromkeys(bench.SCHEMA.names)
        empty |= {"setup_seconds": 0.0, "extrapolated": "", "checked": "", "void": "", "versions": "{}"}
        head = {"work": work.name, "title": work.title, "round": number, "turn": turn, "side": side}
        counts = {"n_runs": len(work.specs()), "n_measured": len(work.specs()), "finished": provenance.now()}
        return empty | head | counts | self._here() | values

    def _ours(self, number: int, work: Work, turn: int) -> tuple[Row, dict[int, Numbers]]:
        with tempfile.TemporaryDirectory() as folder:
            begun = time.time()
            code, said = _run(ours.command(work, Path(folder) / "out"))
            seconds = time.time() - begun
            if code:
                raise BenchError(f"our own side of {work.name} failed: {said}")
            numbers = ours.stored(work, Path(folder) / "out")
        setup = 0.0
        if work.one_core:
            seconds, setup = numbers[0]["pack_seconds"], seconds - numbers[0]["pack_seconds"]
        versions = json.dumps(version("torch") | version("numpy"))
        how = "" if work.scale == 1 else f"measured {1 / work.scale:.2g} of a run's images and epochs"
        values = {"seconds": seconds * work.scale, "setup_seconds": setup, "extrapolated": how, "versions": versions}
        return self._row(number, work, turn, US, **values), numbers

    def _theirs(self, number: int, work: Work, turn: int, peer: str, our_numbers: dict[int, Numbers]) -> Row:
        indices = work.indices(peer, self.cores)
        missing = [module for module in MODULES[peer] if not _installed(module)]
        head = {"n_measured": len(indices), "checked": ", ".join(map(str, work.checks))}
        if missing:
            void = f"not installed: {INSTALL}"
            return self._row(number, work, turn, peer, seconds=None, void=void, **head)
        with tempfile.TemporaryDirectory() as folder:
            arguments = [peer, work.name, folder, str(self.cores), repr(time.time()), *map(str, indices)]
            code, said = _run([sys.executable, "-m", "hw1.bench.side", *arguments])
            path = Path(folder) / "result.json"
            if code or not path.exists():
                return self._row(number, work, turn, peer, seconds=None, void=f"it failed: {said}", **head)
            result = json.loads(path.read_text(encoding="utf-8"))
        theirs = {int(k): numbers for k, numbers in result["numbers"].items()}
        agreement = self._agreement(work, our_numbers, theirs, len(indices))
        n_slots = min(self.cores, len(indices)) if peer in RUNNERS else 1
        estimate = extrapolated(work, result["seconds"], n_slots=n_slots, ours=our_numbers, theirs=theirs)
        return self._row(
            number,
            work,
            turn,
            peer,
            seconds=estimate.seconds + (result["setup_seconds"] if work.start_counts else 0.0),
            setup_seconds=result["setup_seconds"],
            extrapolated=estimate.how,
            difference=agreement.difference,
            void=agreement.void,
            versions=json.dumps(result["versions"]),
            **head,
        )

    def _agreement(
        self, work: Work, our_numbers: dict[int, Numbers], theirs: dict[int, Numbers], n_wanted: int
    ) -> Agreement:
        """Hold a peer's numbers against ours, some of which our trainers give once a session, untimed."""
        known = self._compared.setdefault(work.name, {})
        new = [k for k in theirs if k not in known] if work.apart else []
        if new:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "numbers.json"
                command = [sys.executable, "-m", "hw1.bench.ours", "numbers", work.name, str(path), *map(str, new)]
                code, said = _run(command)
                if code:
                    raise BenchError(f"our own side of {work.name} failed: {said}")
                known |= {int(k): numbers for k, numbers in json.loads(path.read_text(encoding="utf-8")).items()}
        both = {k: {**our_numbers.get(k, {}), **known.get(k, {})} for k in theirs}
        return compared(work.checks, both, theirs, n_wanted=n_wanted)

    def _floor(self, number: int, work: Work, turn: int, our_numbers: dict[int, Numbers]) -> Row:
        specs = work.specs()
        n_threads = min(self.cores, len(specs))
        n_steps = {specs[k].run_id: row["n_steps"] for k, row in our_numbers.items() if "n_steps" in row}
        code, said = _run([sys.executable, "-m", "hw1.bench.machine", str(n_threads)])
        if code:
            raise BenchError(f"the machine's peak cannot be measured: {said}")
        peak = float(said.split()[-1])
        how = f"{peak / 1e9:.0f} GFLOP/s on {n_threads} core(s)"
        return self._row(
            number, work, turn, FLOOR, seconds=arithmetic(specs, n_steps) * work.scale / peak, extrapolated=how
        )


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of the package that it is in
        return False


def _run(command: Sequence[str]) -> tuple[int, str]:
    """Run a command with this code, in a group of its own that ends with it; its exit code, and its last words."""
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    programs = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]  # where peers find their own
    with subprocess.Popen(  # noqa: S603 - this Python, our own modules
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PATH": os.pathsep.join(programs)},
    ) as process:
        try:
            said, _ = process.communicate()
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            raise
    lines = said.strip().splitlines()
    return process.returncode, lines[-1] if lines else f"exit code {process.returncode}"
