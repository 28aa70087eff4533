"""Does a penalty help a fit with as many random features as points? A project with a kind of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar

from jobs import Column, Project, Spec, State, Study, Table, columns

if TYPE_CHECKING:
    import matplotlib.figure
    import numpy as np

    from jobs import Page
    from jobs import StudyResults as Found

N_TRAIN, N_TEST = 50, 500
NOISE = 0.3


@dataclass(frozen=True, kw_only=True, slots=True)
class Ridge(Spec):
    """Least squares with a penalty on random cosines of one variable."""

    kind: ClassVar[str] = "ridge"
    needs_torch: ClassVar[bool] = False
    in_turn: ClassVar[bool] = True

    seed: int
    n_features: int
    penalty: float

    @property
    def n_params(self) -> int:
        """One weight a feature."""
        return self.n_features

    @property
    def group(self) -> str:
        """All runs may share packs."""
        return self.kind

    def smoke(self) -> "Ridge":
        """Fewer features."""
        return self.replace(n_features=5)

    @classmethod
    def seconds(cls, specs: Sequence["Ridge"]) -> float:
        """A matrix of features times features is solved."""
        return sum(1e-3 + 1e-8 * spec.n_features**3 for spec in specs)

    @classmethod
    def tables(cls) -> tuple[Table, ...]:
        """Errors of each run, and how large each of its weights is."""
        errors = (
            Column(name="train_error", type="float64", label="train error", unit="y²"),
            Column(name="test_error", type="float64", label="test error", unit="y²"),
        )
        weights = (
            Column(name="run_id", type="string", label="run", key=True),
            Column(name="feature", type="int64", label="feature", key=True),
            Column(name="weight", type="float64", label="weight"),
        )
        return Table(name="runs", columns=errors), Table(name="weights", columns=weights)

    @classmethod
    def train(cls, specs: Sequence["Ridge"], *, device: object, state: State | None = None) -> Iterator[State]:  # noqa: ARG003
        """Solve one run after the other; what is solved is kept."""
        done: list[dict[str, Any]] = list(state.values["done"]) if state is not None else []
        for k in range(len(done), len(specs)):
            yield State(step=k, n_steps=len(specs), unit="run", fraction=k / len(specs), values={"done": done})
            done.append(solved(specs[k]))
        runs = [{name: each[name] for name in ("run_id", "train_error", "test_error")} for each in done]
        rows = [
            {"run_id": each["run_id"], "feature": number, "weight": weight}
            for each in done
            for number, weight in enumerate(each["weights"])
        ]
        tables = {"runs": columns(runs), "weights": columns(rows)}
        yield State(step=len(specs), n_steps=len(specs), unit="run", fraction=1.0, values={}, tables=tables)


def solved(spec: Ridge) -> dict[str, Any]:
    """One run: its errors and its weights."""
    import numpy as np  # noqa: PLC0415 - only workers solve

    rng = np.random.default_rng(spec.seed)
    frequency, phase = rng.normal(0, 5, spec.n_features), rng.uniform(0, 2 * np.pi, spec.n_features)

    def drawn(n: int) -> "tuple[np.ndarray, np.ndarray]":
        x = rng.uniform(-1, 1, n)
        return np.cos(np.outer(x, frequency) + phase), np.sin(5 * x) + NOISE * rng.normal(size=n)

    (features, y), (unseen, truth) = drawn(N_TRAIN), drawn(N_TEST)
    square = features.T @ features + spec.penalty * np.eye(spec.n_features)
    weights = np.linalg.solve(square, features.T @ y)
    errors = [float(np.mean((x @ weights - t) ** 2)) for x, t in ((features, y), (unseen, truth))]
    return {"run_id": spec.run_id, "train_error": errors[0], "test_error": errors[1], "weights": weights.tolist()}


def specs(_preset: str, seeds: Sequence[int] | None) -> list[Ridge]:
    """Numbers of features below, at and above the number of points, with three penalties."""
    grid = product(seeds or range(8), (10, 50, 200), (1e-9, 1e-3, 1.0))
    return [Ridge(seed=seed, n_features=n, penalty=penalty) for seed, n, penalty in grid]


def page() -> "Page":
    """One section with one figure and one claim."""
    from jobs import (  # noqa: PLC0415 - imports pandas
        Claim,
        Figure,
        Page,
        Section,
        Statement,
        column,
        decades,
        per_seed,
    )

    def helped(study: "Found") -> "np.ndarray":
        runs = study.runs[study.runs["n_features"] == N_TRAIN]
        errors = per_seed(runs, runs["penalty"], "test_error")
        return decades(column(errors, 1e-9), column(errors, 1.0))

    statement = Statement(
        words="with as many features as points, the test error is smaller with a penalty",
        effect=helped,
        unit="test error, without ÷ with",
        scale="factor",
        matters=0.3,
        because="half the error is the least that is seen",
        measure="median over seeds of the ratio of test errors",
        figure="errors",
    )
    figure = Figure(slug="errors", title="Errors", caption="By features.", alt="Points.", draw=drawn_errors)
    claim = Claim(
        name="R1", words=statement.words, reading="A penalty helps.", figures=("errors",), statements=(statement,)
    )
    section = Section(study="peak", heading="The peak", what="Ridge regression.", figures=(figure,), claims=(claim,))
    return Page(title="Random features", sections=(section,))


def drawn_errors(study: "Found") -> "matplotlib.figure.Figure":
    """Test error over the number of features, a point a run."""
    from jobs import style  # noqa: PLC0415 - imports matplotlib

    figure = style.canvas(height_in=4)
    axes = figure.subplots()
    axes.loglog(study.runs["n_features"], study.runs["test_error"], "o")
    axes.set(xlabel="features", ylabel="test error [y²]")
    return figure


PEAK = Study(name="peak", title="The peak", specs=specs, kinds=(Ridge,))
PROJECT = Project(name="ridge", title="Random features", studies=(PEAK,), page=page)
