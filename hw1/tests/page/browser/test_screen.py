"""The page on screens: a phone's and a desk's, in light and in dark."""

from typing import Any

import pytest

from hw1.tests.page.browser.chromium import Chromium
from hw1.tests.page.conftest import Report

_LAYOUTS: tuple[dict[str, Any], ...] = (
    {"width": 360},
    {"width": 1440},
    {"width": 360, "scheme": "dark"},
    {"width": 1440, "scheme": "dark"},
    {"width": 680, "media": "print"},
)
_EACH = pytest.mark.parametrize("layout", _LAYOUTS, ids=lambda layout: "-".join(map(str, layout.values())))


@pytest.mark.slow
def test_the_page_asks_for_nothing_but_itself_and_complains_of_nothing(browser: Chromium, report: Report) -> None:
    path = report.folder / "report.html"
    browser.open(path)
    for layout in _LAYOUTS:
        browser.show(**layout)
        browser.check("figures()")
    assert browser.requests() == [path.as_uri()]
    assert browser.console() == []


@_EACH
def test_every_figure_is_visible_and_within_the_page(page: Chromium, report: Report, layout: dict[str, Any]) -> None:
    page.show(**layout)
    assert page.check("document.querySelectorAll('figure').length") == sum(
        path.suffix == ".svg" for path in report.files
    )
    assert page.check("figures()") == []


@_EACH
def test_nothing_is_wider_than_the_page_except_what_scrolls_by_itself(page: Chromium, layout: dict[str, Any]) -> None:
    page.show(**layout)
    assert page.check("overflows()") == []


@_EACH
def test_every_text_stands_out_from_its_ground(page: Chromium, layout: dict[str, Any]) -> None:
    page.show(**layout)
    assert page.check("texts().length") > 1000
    assert page.check("faint()") == []


@pytest.mark.parametrize("width", [360, 1440])
def test_whatever_scrolls_is_reached_by_key_and_has_a_name(page: Chromium, width: int) -> None:
    page.show(width=width)
    assert page.check("unreachable()") == []


def test_every_link_has_its_target_and_every_target_is_unique(page: Chromium) -> None:
    page.show(width=1440)
    assert page.check("document.querySelectorAll('a').length") > 20
    assert page.check("deadLinks()") == []


@pytest.mark.parametrize("width", [360, 1440])
def test_links_that_are_clicked_bring_their_target_into_view(page: Chromium, width: int) -> None:
    page.show(width=width)
    assert page.check("clicked()") == []
