"""Specs of modules: runs that a class says in plain torch, and that train as one stack."""

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from jobs.errors import ProjectError
from jobs.functions.declared import Declared, Rows
from jobs.functions.grids import Grid
from jobs.functions.parameters import OF_RUNS
from jobs.functions.rows import Cell, Log, RowError
from jobs.functions.spec import FunctionSpec
from jobs.functions.values import fitted
from jobs.fused.module import NEEDED, Module
from jobs.spec import Spec
from jobs.state import State

if TYPE_CHECKING:
    import torch

    from jobs.fused.fit import Results
    from jobs.fused.looks import Look
    from jobs.state import Earlier, Tables
    from results.schema import Table

PLAN = ("epochs", "batch")
"""Parameters of every module, which are given with its runs or to `@study`, and have no default."""


class ModuleSpec(FunctionSpec):
    """One run of a module. Those that agree in all that its network, data, loss and measures read may share a stack."""

    __slots__ = ()
    needs_torch: ClassVar[bool] = True
    in_turn: ClassVar[bool] = False
    shared: ClassVar[frozenset[str]]

    @property
    def is_fused(self) -> bool:
        """True: what cannot be stacked is found out by a worker, which trains it one by one."""
        return True

    @property
    def group(self) -> Hashable:
        """The parameters that runs of a stack share."""
        return self.shape

    @property
    def shape(self) -> Hashable:
        """The parameters that runs of a stack share."""
        return self.kind, json.dumps({name: self._values[name] for name in sorted(self.shared)})

    @classmethod
    def described(cls, tables: "Tables") -> "tuple[Table, ...]":
        """The study's tables, and the columns of `runs` that say how runs were fused."""
        from results.schema import Column, Table  # noqa: PLC0415 - a study's file needs none

        fusion = (
            Column(name="fusion", type="string", label="how the run was fused with others"),
            Column(name="bits", type="string", label="bits of the lonely run"),
        )
        return (*super().described(tables), Table(name="runs", columns=fusion))

    @classmethod
    def tables(cls) -> "tuple[Table, ...]":
        """As far as they are known before any run has ended."""
        return cls.described({})

    @classmethod
    def drive(
        cls,
        specs: Sequence[Self],
        *,
        device: "torch.device | None",
        state: State | None = None,
        see: "Callable[[State], None]",
        earlier: "Earlier | None" = None,  # noqa: ARG003 - no module loads results of others
    ) -> State:
        """Train the runs as stacks; see `Spec.drive`."""
        from jobs.fused.fit import Fit  # noqa: PLC0415 - imports torch

        if device is None:
            raise RuntimeError("a module needs a device of torch")
        runs = [cls._run(spec) for spec in specs]
        fit = Fit(runs, [spec.run_id for spec in specs], shared=cls.shared, device=device)
        for each in fit.train(None if state is None else state.values, cls._check):
            see(each)
        return _ended(cls.declared, specs, fit.results)

    @classmethod
    def looks(cls, specs: Sequence[Self], device: "torch.device | None") -> "list[Look]":
        """The way in which these runs, of one group, would train on this machine."""
        import torch  # noqa: PLC0415 - heavy

        from jobs.fused.looks import look  # noqa: PLC0415 - imports torch

        torch.set_num_threads(1)
        return look([cls._run(spec) for spec in specs], cls.shared, device or torch.device("cpu"))

    @classmethod
    def _run(cls, spec: Self) -> Module:
        """The run as its study's class has it."""
        hints = cls.declared.parameters.hints
        made: Module = cls.declared.call(**{name: fitted(value, hints[name]) for name, value in spec.values().items()})
        return made

    @classmethod
    def _check(cls, row: Mapping[str, Any]) -> None:
        """Refuse measures that no column can hold.

        Raises:
            RowError: If there are any.
        """
        for what, names in (("a parameter", cls.declared.parameters.hints.keys()), ("every run's own", OF_RUNS)):
            if taken := names & row.keys():
                raise RowError(f"study `{cls.kind}` measured `{min(taken)}`, which is {what}: give it another name")
        Log().add(0, row)


def _ended(declared: Declared, specs: Sequence[Spec], results: "Results") -> State:
    """The last state, with the tables of the runs that have numbers."""
    from jobs.functions.tables import rows_of  # noqa: PLC0415

    returned, logged, failures = (
        dict[str, dict[str, Cell]](),
        dict[str, dict[str, list[Cell]]](),
        dict(results.failures),
    )
    log = Log()
    for run_id, rows in results.rows.items():
        log = Log(log.types.types)
        for epoch, row in enumerate(rows):
            log.add(epoch, row)
        nan = [name for name, value in rows[-1].items() if value != value] if rows else []  # noqa: PLR0124 - NaN
        if nan and run_id not in failures:
            failures[run_id] = f"nan: `{nan[0]}` is nan"
        if run_id not in failures:
            returned[run_id], logged[run_id] = {**(rows[-1] if rows else {}), "n_epochs": len(rows)}, log.columns
    tables = rows_of(declared, specs, returned, logged)
    if returned:
        tables["runs"] |= {
            name: [of[i] for i in returned] for name, of in (("fusion", results.fusion), ("bits", results.bits))
        }
    n = results.n_epochs
    return State(step=n, n_steps=n, unit="epoch", fraction=1.0, values={}, tables=tables, failures=failures)


def check_methods(name: str, cls: type[Module]) -> None:
    """Refuse a class that lacks what a run needs.

    Raises:
        ProjectError: If so; names what it lacks.
    """
    absent = [method for method in NEEDED if getattr(cls, method) is getattr(Module, method)]
    if absent:
        raise ProjectError(f"study `{name}`: class {cls.__name__} must define {', '.join(f'`{a}`' for a in absent)}")


def with_plan(runs: Rows | Callable[[], Rows], plan: Mapping[str, object]) -> Rows | Callable[[], Rows]:
    """The runs with these values where they have none of their own."""
    if callable(runs):
        return lambda: with_plan(runs(), plan)  # type: ignore[return-value]
    if isinstance(runs, Grid):
        return Grid({**runs.axes, **{name: (value,) for name, value in plan.items() if name not in runs.axes}})
    rows = runs.to_dict("records") if hasattr(runs, "to_dict") else runs
    return [{**plan, **row} if isinstance(row, Mapping) else row for row in rows]
