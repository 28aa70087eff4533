"""The committed page against the committed results, counted again without the runner."""

import json
import re
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parents[1]


def test_the_committed_page_says_what_the_committed_results_hold() -> None:
    runs = pd.read_parquet(HERE / "results" / "store" / "collected" / "runs.parquet")
    runs = runs.join(pd.DataFrame(list(map(json.loads, runs["spec"])))[["n", "k", "seed"]])
    published = json.loads((HERE / "published.json").read_text(encoding="utf-8"))
    of_page = (HERE / "page.html").read_text(encoding="utf-8")
    told = re.findall(r"n = (\d+), k = (\d+): (\d+) of (\d+) ends are spurious, published: (\d+) of 1000", of_page)
    cells = {(int(n), int(k)): tuple(map(int, counts)) for n, k, *counts in told}
    whole = {}
    for more, name in enumerate(("n_equals_k", "n_equals_k_plus_1")):
        for k, count in published[name].items():
            cell = runs[(runs["k"] == int(k)) & (runs["n"] == int(k) + more)]
            assert cell["seed"].is_unique
            if len(cell) == published["n_runs"]:  # others are not judged
                whole[int(k) + more, int(k)] = (int((cell["loss"] >= 1e-3).sum()), len(cell), count)
    assert cells == whole
    assert len(cells) >= 10


def test_every_committed_run_ended_as_it_says() -> None:
    runs = pd.read_parquet(HERE / "results" / "store" / "collected" / "runs.parquet")
    assert (runs["is_spurious"] == (runs["loss"] >= 1e-3)).all()
    assert (runs["gradient_norm"][runs["end"] == "minimum"] < 1e-9).all()
    assert (runs["loss"][runs["end"] == "solved"] < 1e-6).all()
    assert (runs["n_steps"][runs["end"] == "cap"] == 200_000).all()
    of_page = (HERE / "page.html").read_text(encoding="utf-8")
    assert f"{(runs['end'] == 'cap').sum()} of {len(runs):,} runs were cut" in of_page
