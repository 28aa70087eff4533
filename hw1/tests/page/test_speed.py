"""The section on speed: only where something was measured, with every work and side, and what does not count."""

from pathlib import Path
from typing import Any

from analysis import render, style
from analysis.figures import speed
from hw1.tests.page.conftest import Sweep
from hw1.tests.page.shown import LIGHT
from results import bench

NAME = "02-speed"


def row(side: str, seconds: float | None, number: int = 1, **values: Any) -> bench.Row:
    common = {"work": "lenet", "title": "a LeNet epoch", "round": number, "turn": 1, "void": "", "extrapolated": ""}
    made: bench.Row = dict.fromkeys(bench.SCHEMA.names)
    return made | common | {"side": side, "seconds": seconds, "cpu": "made-up CPU", "n_cpus": 2} | values


ROWS = [
    *(row("hw1", 10.0, k) for k in (1, 2, 3)),
    *(row("notebook", s, k, extrapolated="measured 1 of 8 runs") for k, s in enumerate((30.0, 40.0, 90.0), start=1)),
    row("ray", None, void="not installed: pip install peers"),
    row("floor", 5.0),
]


def test_both_pages_show_what_was_measured_and_what_does_not_count(smoke: Sweep, tmp_path: Path) -> None:
    written = render.write_report(LIGHT, *smoke, tmp_path, bench=ROWS)
    names = ["01-f1.png", "01-f1.svg", f"{NAME}.png", f"{NAME}.svg", "report.html", "report.md"]
    assert [path.name for path in written] == names
    for name in ("report.html", "report.md"):
        text = (tmp_path / name).read_text()
        assert text.rindex("Speed") > text.rindex("1-3-3 ")
        section = text[text.rindex("Speed") : text.rindex("All of it again")]
        for words in ("a LeNet epoch", "×4", "×0.5", "void", "not installed", "made-up CPU, 2", "measured 1 of 8 runs"):
            assert words in section, (name, words)
        assert "hw1 bench" in section
        assert "Figure 2. " in section


def test_without_measurements_there_is_no_such_section(sweep: Sweep, tmp_path: Path) -> None:
    written = render.write_report(LIGHT, *sweep, tmp_path)
    assert len(written) == 4
    assert "Speed" not in (tmp_path / "report.md").read_text()


def test_a_ratio_is_of_one_round_and_turn() -> None:
    assert bench.ratios(ROWS, "lenet", "notebook") == [3.0, 4.0, 9.0]
    assert bench.ratios(ROWS, "lenet", "floor") == [0.5]
    assert bench.ratios(ROWS, "lenet", "ray") == bench.ratios(ROWS, "lenet", "hw1") == []
    assert bench.ratios([row("hw1", 10.0), row("notebook", 30.0, turn=2)], "lenet", "notebook") == []


def test_the_figure_has_a_dot_at_each_peers_median_and_its_range() -> None:
    with style.house_style():
        axes = speed.figure(ROWS).axes[0]
    dots = {str(line.get_label()): line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 1}
    assert dots == {"notebook": 4.0, "floor": 0.5}
    assert [3.0, 9.0] in [list(line.get_xdata()) for line in axes.lines]
    assert axes.get_xscale() == "log"
