"""A grid's ids are made piece by piece: they are those of the canonical texts."""

from hashlib import sha256
from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jobs import Run, grid, study

AXES = {
    "alpha": st.sampled_from([[0.1], [0.1, 1, 1e-7], [1.0, 2]]),
    "how": st.sampled_from([["a"], ["a", 'b"é']]),
    "sizes": st.sampled_from([[[8], [8, 4]], [[1]]]),
    "bias": st.sampled_from([[None, 2], [None]]),
    "late": st.sampled_from([[True], [True, False]]),
}
"""Values by parameter: names before and after `kind`, of some of which a value is the default."""


@given(
    st.fixed_dictionaries(AXES), st.permutations([*AXES, "seed"]), st.sampled_from([range(1), range(3), [7, 10**12]])
)
def test_a_grid_s_ids_are_those_of_its_runs_in_its_order(
    axes: dict[str, Any], order: list[str], seeds: list[int]
) -> None:
    given_ = {name: {**axes, "seed": seeds}[name] for name in order}

    @study(runs=grid(**given_))
    def fit(  # noqa: PLR0913
        run: Run,
        *,
        alpha: float = 0.1,
        how: str,
        sizes: tuple[int, ...] = (8,),
        bias: int | None = None,
        late: bool = True,
        seed: int = 7,
    ) -> None: ...

    (kind,) = fit.study.kinds  # type: ignore[attr-defined]
    specs = list(kind.declared_runs("all", None))
    names = list(specs[0].values())
    wanted = [dict(zip(names, values, strict=True)) for values in product(*(given_[name] for name in names))]
    assert [spec.values() for spec in specs] == wanted
    assert [spec.run_id for spec in specs] == [sha256(s.canonical().encode()).hexdigest()[:16] for s in specs]
    assert [spec.run_id for spec in specs] == [kind(**values).run_id for values in wanted]
