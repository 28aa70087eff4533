"""Pages that are broken on purpose: what the other tests look for is found there."""

import re
from pathlib import Path

import pytest

from hw1.tests.page.browser.chromium import Chromium
from hw1.tests.page.browser.paper import cut, pages
from hw1.tests.page.conftest import Report

_ELSEWHERE = "http://127.0.0.1:9/"
_SMALL = (
    "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSI5IiBoZWlnaHQ9IjYiLz4="
)


@pytest.fixture(scope="module")
def source(report: Report) -> str:
    """The report with pictures that load fast."""
    return re.sub(r"data:image/svg\+xml,[^\"]+", _SMALL, (report.folder / "report.html").read_text())


def _opened(browser: Chromium, folder: Path, source: str, *, width: int = 1440) -> Chromium:
    path = folder / "report.html"
    path.write_text(source)
    browser.open(path)
    browser.show(width=width)
    return browser


def _styled(source: str, rules: str) -> str:
    return source.replace("</style>", f"{rules}\n</style>", 1)


@pytest.mark.slow
def test_a_page_that_is_only_lighter_has_nothing_wrong(browser: Chromium, source: str, tmp_path: Path) -> None:
    page = _opened(browser, tmp_path, source, width=360)
    found = [page.check(f"{name}()") for name in ("figures", "overflows", "deadLinks", "unreachable", "faint")]
    assert [*found, page.console()] == [[]] * 6
    assert cut(page.check("paint()"), pages(page.pdf("A4"))) == []


def test_a_picture_from_elsewhere_is_found_as_a_complaint_or_without_the_policy_as_a_request(
    browser: Chromium, source: str, tmp_path: Path
) -> None:
    outside = source.replace("</h1>", f'</h1><img src="{_ELSEWHERE}" alt="">', 1)
    assert "Content Security Policy" in " ".join(_opened(browser, tmp_path, outside).console())
    free = re.sub(r"<meta http-equiv=[^>]+>", "", outside)
    assert _ELSEWHERE in _opened(browser, tmp_path, free).requests()


def test_a_script_is_found_as_a_complaint(browser: Chromium, source: str, tmp_path: Path) -> None:
    page = _opened(browser, tmp_path, source.replace("</h1>", "</h1><script>1</script>", 1))
    assert "Content Security Policy" in " ".join(page.console())


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (":root { --soft: #909090; }", "below 4.5"),
        ("@media (prefers-color-scheme: dark) { :root { --link: #0a5ba8; } }", "a “"),
        ("figcaption { opacity: .6; }", "figcaption “"),
        ("h1 { color: #a0a0a0; }", "below 3"),
        (".published td::before { content: 'x'; color: #ccc; }", "td “"),
    ],
)
def test_text_that_is_faint_in_light_or_in_dark_is_found(
    browser: Chromium, source: str, tmp_path: Path, rules: str, words: str
) -> None:
    page = _opened(browser, tmp_path, _styled(source, rules))
    found = page.check("faint()")
    page.show(width=1440, scheme="dark")
    assert words in " ".join(found + page.check("faint()"))


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("h1 { width: 500px; }", "h1 “"),
        ("body { overflow-x: hidden; } .count { margin-left: -200px; }", "reaches from -1"),
        ("pre { overflow: visible; white-space: pre; }", "pixels wide on 360"),
    ],
)
def test_what_is_wider_than_the_page_is_found(
    browser: Chromium, source: str, tmp_path: Path, rules: str, words: str
) -> None:
    page = _opened(browser, tmp_path, _styled(source, rules), width=360)
    assert words in " ".join(page.check("overflows()"))


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("figure img { visibility: hidden; }", "is hidden"),
        ("figure img { width: 20px; }", "pixels"),
        ("figure { position: relative; } figcaption { position: absolute; inset: 0; }", "is covered"),
        ("figure .scroll { overflow: hidden; } figure img { width: 90rem; }", "cut at the side"),
        ("figure { width: 90rem; }", "wider than the page"),
    ],
)
def test_a_figure_that_cannot_be_seen_is_found(
    browser: Chromium, source: str, tmp_path: Path, rules: str, words: str
) -> None:
    page = _opened(browser, tmp_path, _styled(source, rules), width=360)
    assert words in " ".join(page.check("figures()"))


def test_a_figure_that_cannot_be_decoded_is_found(browser: Chromium, source: str, tmp_path: Path) -> None:
    page = _opened(browser, tmp_path, source.replace(_SMALL, _SMALL[:-60], 1))
    assert len(page.check("figures()")) == 1


def test_links_without_a_target_and_doubled_or_hidden_targets_are_found(
    browser: Chromium, source: str, tmp_path: Path
) -> None:
    lost = source.replace('id="figure-2"', 'id="figure-1"', 1)
    found = " ".join(_opened(browser, tmp_path, _styled(lost, "#figure-3 { display: none; }")).check("deadLinks()"))
    for words in ("leads to #figure-2", "#figure-1 is there twice", "leads to #figure-3, which is hidden"):
        assert words in found


def test_a_region_that_no_key_reaches_is_found(browser: Chromium, source: str, tmp_path: Path) -> None:
    unreached = source.replace('tabindex="0"', 'tabindex="-1"').replace("<div", "<div inert")
    assert "no key reaches it" in " ".join(_opened(browser, tmp_path, unreached, width=360).check("unreachable()"))


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("figure img { height: 30cm !important; }", "is on pages"),
        ("figcaption { break-before: page; }", "has its caption on pages"),
        ("body { overflow: hidden; } figure img { width: 60rem !important; height: 10rem; }", "times as wide as high"),
        ("figure .scroll { overflow: hidden !important; height: 5cm; }", "times as wide as high"),
    ],
)
@pytest.mark.slow
def test_a_figure_that_is_cut_on_paper_is_found(
    browser: Chromium, source: str, tmp_path: Path, rules: str, words: str
) -> None:
    page = _opened(browser, tmp_path, _styled(source, f"@media print {{ {rules} }}"))
    assert words in " ".join(cut(page.check("paint()"), pages(page.pdf("A4"))))


@pytest.mark.slow
def test_figures_that_may_be_parted_from_their_captions_are_found_somewhere(
    browser: Chromium, source: str, tmp_path: Path
) -> None:
    page = _opened(browser, tmp_path, _styled(source, "@media print { figure { break-inside: auto !important; } }"))
    painted = page.check("paint()")
    found = [cut(painted, pages(page.pdf("A4", shifted_cm=shifted_cm))) for shifted_cm in (0, 6, 12)]
    assert "has its caption on pages" in str(found)
