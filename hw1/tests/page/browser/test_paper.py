"""The page on paper."""

import pytest

from hw1.tests.page.browser.chromium import Chromium
from hw1.tests.page.browser.paper import cut, pages
from hw1.tests.page.conftest import Report


@pytest.fixture
def painted(browser: Chromium, report: Report) -> list[dict[str, object]]:
    """What `paint` tells of the report's figures."""
    browser.open(report.folder / "report.html")
    return list(browser.check("paint()"))


@pytest.mark.parametrize(("paper", "shifted_cm"), [("A4", 0), ("A4", 6), ("A4", 12), ("Letter", 0)])
@pytest.mark.slow
def test_no_figure_is_cut_or_parted_from_its_caption(
    browser: Chromium, report: Report, painted: list[dict[str, object]], paper: str, shifted_cm: int
) -> None:
    assert len(painted) == sum(path.suffix == ".svg" for path in report.files)
    assert cut(painted, pages(browser.pdf(paper, shifted_cm=shifted_cm))) == []
