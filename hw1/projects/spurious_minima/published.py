"""Published counts, as `published.json` has them."""

import json
from pathlib import Path

_READ = json.loads(Path(__file__).with_name("published.json").read_text(encoding="utf-8"))
N_RUNS: int = _READ["n_runs"]
CELLS: dict[tuple[int, int], int] = {
    (int(k) + more, int(k)): count
    for name, more in (("n_equals_k", 0), ("n_equals_k_plus_1", 1))
    for k, count in _READ[name].items()
}
"""Of `N_RUNS` runs, those that ended in a spurious minimum, by n and k."""
ENTRIES: list[float] = _READ["k7_only_spurious_minimum_entries"]
"""Weights of the only spurious minimum at n = k = 7: of the odd neuron at its odd input, of the others there, of it
elsewhere, of the others at the input of their own, and elsewhere."""
