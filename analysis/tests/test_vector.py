"""Shortened drawings: the same marks at the same places."""

import io
import re
from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import matplotlib.figure
import numpy as np
import pytest
from matplotlib.backends.backend_svg import FigureCanvasSVG

from analysis.vector import address, shortened

_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"


@pytest.fixture(scope="module")
def drawing() -> str:
    """Lines, a scatter of many, a band and a legend, as matplotlib writes them."""
    figure = matplotlib.figure.Figure()
    axes = figure.subplots()
    x = np.linspace(0, 9, 90)
    axes.plot(x, np.sin(x), marker="o", label="a & b")
    axes.scatter(x, np.cos(x), s=9, alpha=0.5)
    axes.fill_between(x, x - 1, x, alpha=0.2)
    axes.legend()
    text = io.StringIO()
    FigureCanvasSVG(figure).print_svg(text)  # type: ignore[no-untyped-call]
    return text.getvalue()


def _styles(svg: str) -> dict[str, str]:
    return dict(re.findall(r"\.(c\d+){([^}]*)}", svg))


def _marks(svg: str) -> Iterator[tuple[str, str, str, str]]:
    """Each mark in the order of the file: what it is, how it looks, what it draws, and where."""
    root, rules = ET.fromstring(svg), _styles(svg)  # noqa: S314 - drawn here
    shapes = {shape.get("id"): shape.get("d") for shape in root.iter(f"{_SVG}path")}
    for mark in root.iter():
        if mark.tag in {f"{_SVG}path", f"{_SVG}use"}:
            look = mark.get("style") or rules.get(mark.get("class", ""), "")
            shape = mark.get("d") if mark.tag == f"{_SVG}path" else shapes[mark.get(_HREF, "")[1:]]
            yield mark.tag, look, str(shape), " ".join(str(mark.get(name)) for name in ("x", "y", "transform"))


def _numbers(text: str) -> list[float]:
    return [float(found) for found in re.findall(r"-?\d+(?:\.\d+)?", text)]


def test_every_mark_is_where_it_was_to_a_tenth_of_a_point_and_looks_as_it_did(drawing: str) -> None:
    for (tag, look, shape, place), (tag_, look_, shape_, place_) in zip(
        _marks(drawing), _marks(shortened(drawing)), strict=True
    ):
        assert (tag_, look_) == (tag, look)
        assert re.sub(r"[^A-Za-z]", "", shape_) == re.sub(r"[^A-Za-z]", "", shape)
        np.testing.assert_allclose(_numbers(shape_), _numbers(shape), atol=0.1)
        np.testing.assert_allclose(_numbers(place_), _numbers(place), atol=0.1)


def test_groups_that_move_or_cut_what_is_in_them_stay_and_others_go(drawing: str) -> None:
    def groups(svg: str) -> list[dict[str, str]]:
        of = (group.attrib for group in ET.fromstring(svg).iter(f"{_SVG}g"))  # noqa: S314
        return [{name: value for name, value in each.items() if name != "id"} for each in of]

    left = groups(shortened(drawing))
    assert [sorted(group) for group in left] == [sorted(group) for group in groups(drawing) if group]
    assert all(left)


def test_it_is_less_than_half_as_long_and_so_is_its_address_against_base64(drawing: str) -> None:
    short = shortened(drawing)
    assert len(short) < 0.6 * len(drawing)
    assert len(address(short)) < 1.15 * len(short)
    assert unquote(address(short).partition(",")[2]) == short.replace('"', "'").replace("xlink:href", "href")
    assert not set('"#%&') & set(re.sub(r"%[0-9A-F]{2}", "", address(short).partition(",")[2]))
