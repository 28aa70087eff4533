"""The loop over a pack: its runs one after the other, their states on the way, their tables in the end."""

import pickle
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from jobs.errors import DataError
from jobs.functions import generators
from jobs.functions.declared import Declared
from jobs.functions.earlier import of_needs
from jobs.functions.parameters import OF_RUNS
from jobs.functions.rows import Cell, Columns, Log, RowError, cell
from jobs.functions.run import Progress, Run
from jobs.functions.tables import rows_of
from jobs.functions.values import fitted
from jobs.spec import Spec
from jobs.state import Earlier, State
from slurm.signals import stop_requested


@dataclass(kw_only=True)
class Results:
    """Rows and returned values of a pack's runs so far: plain values, which a checkpoint holds."""

    n_done: int = 0
    returned: dict[str, dict[str, Cell]] = field(default_factory=dict)
    """Metrics by run id."""
    logged: dict[str, dict[str, list[Cell]]] = field(default_factory=dict)
    """Columns by run id."""
    types: dict[str, type] = field(default_factory=dict)
    """Of metrics."""
    log_types: dict[str, type] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


class Values(Mapping[str, Any]):
    """A state's values, made when they are read: most states are never saved."""

    def __init__(self, content: Callable[[], bytes]) -> None:
        """By what makes them."""
        self._content = content

    def __getitem__(self, name: str) -> bytes:
        """Everything that continues the pack, as bytes."""
        if name != "kept":
            raise KeyError(name)
        return self._content()

    def __iter__(self) -> Iterator[str]:
        """One name."""
        return iter(("kept",))

    def __len__(self) -> int:
        """One."""
        return 1


def drive(  # noqa: PLR0913 - as `Spec.drive`
    declared: Declared,
    specs: Sequence[Spec],
    *,
    device: object,
    state: State | None,
    see: Callable[[State], None],
    earlier: Earlier | None = None,
) -> State:
    """The pack's last state; see `Spec.drive`."""
    results, progress = Results(), Progress()
    if state is not None:
        kept = pickle.loads(state.values["kept"])  # noqa: S301 - from this output folder's own checkpoints
        results, progress = Results(**kept["results"]), Progress(**kept["progress"])
    pack = Pack(declared, specs, getattr(device, "type", device), results, see, earlier)
    while results.n_done < len(specs):
        if results.n_done and progress.now is None:
            pack.show(0, 1, Progress)
        pack.train(specs[results.n_done], progress)
        results.n_done += 1
        progress = Progress()
    unit, n = ("run", len(specs)) if len(specs) > 1 else ("step", pack.n_steps)
    tables = rows_of(declared, specs, results.returned, results.logged)
    return State(step=n, n_steps=n, unit=unit, fraction=1.0, values={}, tables=tables, failures=results.failures)


@dataclass
class Pack:
    """Runs that this process calls one after the other."""

    declared: Declared
    specs: Sequence[Spec]
    device: Any
    results: Results
    see: Callable[[State], None]
    earlier: Earlier | None = None
    n_steps: int = 1

    def show(self, step: int, n: int, progress: Callable[[], Progress]) -> None:
        """Hand out the pack's state at a step of its current run."""
        n_runs, n_done = len(self.specs), self.results.n_done
        self.n_steps = n
        values = Values(
            lambda: pickle.dumps({"results": asdict(self.results), "progress": asdict(progress())}, protocol=5)
        )
        at = ("step", step, n) if n_runs == 1 else ("run", n_done, n_runs)
        fraction = (n_done + step / n) / n_runs
        self.see(State(step=at[1], n_steps=at[2], unit=at[0], fraction=fraction, values=values))

    def train(self, spec: Spec, progress: Progress) -> None:
        """Call the function for one run, and note what it returns, or why it raised.

        Raises:
            Exception: What the function raises if its run is alone, or was continued: a worker knows what to do.
        """
        values = spec.values()
        log = Log(self.results.log_types)
        run = Run(
            params=values,
            run_id=spec.run_id,
            here=self.declared.here,
            device_asked=self.device,
            pulse=self.show,
            progress=progress,
            rows=log,
            earlier=of_needs(spec, self.earlier) if self.earlier else None,
        )
        generators.seed(spec.run_id)
        hints = self.declared.parameters.hints
        try:
            returned = self.declared.call(run, **{name: fitted(value, hints[name]) for name, value in values.items()})
            metrics = self._metrics(spec, returned)
        except (Exception, SystemExit) as error:
            if len(self.specs) == 1 or progress.now is not None or _is_of_the_machine(error) or stop_requested():
                raise
            self.results.failures[spec.run_id] = traceback.format_exc()
            return
        finally:
            run.end()
        if metrics is not None:
            self.results.returned[spec.run_id] = metrics
            self.results.logged[spec.run_id] = log.columns
            self.results.log_types = log.types.types

    def _metrics(self, spec: Spec, returned: object) -> dict[str, Cell] | None:
        """The values that a run returned; None if it failed with NaN.

        Raises:
            RowError: If it is no dict of numbers and texts.
        """
        where = f"study `{self.declared.name}` returned"
        if returned is not None and not isinstance(returned, Mapping):
            raise RowError(f"{where} {type(returned).__name__}: it must be a dict of metrics, or None")
        metrics = {name: cell(name, value, where) for name, value in (returned or {}).items()}
        for what, names in (("a parameter", self.declared.parameters.hints.keys()), ("every run's own", OF_RUNS)):
            if taken := names & metrics.keys():
                raise RowError(f"{where} `{min(taken)}`, which is {what}: give the metric another name")
        nan = [f"`{name}` is nan" for name, value in metrics.items() if value != value]  # noqa: PLR0124 - NaN
        if nan:
            self.results.failures[spec.run_id] = f"nan: {', '.join(nan)}"
            return None
        types = Columns(self.results.types)
        for name, value in metrics.items():
            types.check(name, value, where)
        self.results.types = types.types
        return metrics


def _is_of_the_machine(error: BaseException) -> bool:
    """True if the run is not to blame, or not alone."""
    text = str(error)
    return isinstance(error, MemoryError | DataError) or "out of memory" in text or "allocate memory" in text
