"""The report's files."""

import html.parser
import io
import re
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from analysis import render, style
from analysis.frames import NothingCollected, Results
from analysis.markup import cell
from analysis.picture import picture
from hw1.page import PAGE
from hw1.tests.page.conftest import COLLECTED, Report, Sweep
from hw1.tests.page.shown import EXTENDED, FIGURES, LIGHT, REPORT, SECTIONS, studies

_EVERY = FIGURES + EXTENDED


class _Page(html.parser.HTMLParser):
    """Start tags with their attributes, and the page's text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def page(report: Report) -> _Page:
    return _Page((report.folder / "report.html").read_text())


def test_every_figure_is_written_as_png_and_svg_and_then_both_pages(report: Report) -> None:
    named = [f"figures/{e.name}.{kind}" for e in _EVERY for kind in ("png", "svg")] + ["report.html", "report.md"]
    assert [str(path.relative_to(report.folder)) for path in report.files] == named
    assert sorted(report.told) == [(n + 1, len(_EVERY)) for n in range(len(_EVERY))]
    assert sorted(path for path in report.folder.rglob("*") if path.is_file()) == sorted(report.files)


def test_no_picture_is_blank(report: Report) -> None:
    for path in report.files:
        if path.suffix == ".png":
            assert len(set(_pixels(path.read_bytes()))) > 10, path
        if path.suffix == ".svg":
            assert path.read_text().count("<path") > 5, path
            assert path.read_text().endswith("</svg>\n"), path


def _pixels(png: bytes) -> bytes:
    file, data = io.BytesIO(png[8:]), b""
    while head := file.read(8):
        length, kind = struct.unpack(">I4s", head)
        body = file.read(length + 4)[:-4]
        data += body * (kind == b"IDAT")
    return zlib.decompress(data)


@pytest.mark.parametrize("number", [1, 2, 6, 7, 9, 11, 13, 14, 16, 17, 21, 24, 30])
@pytest.mark.slow
def test_the_same_frames_give_the_same_bytes(partial: Sweep, report: Report, number: int) -> None:
    entry = next(entry for entry in _EVERY if entry.number == number)
    again = picture(entry, studies(*partial)[entry.study])
    for content, kind in ((again.svg, "svg"), (again.png, "png")):
        assert content == (report.folder / f"figures/{entry.name}.{kind}").read_bytes()


def test_the_page_refers_to_nothing_outside_itself(report: Report, page: _Page) -> None:
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    for tag, attributes in page.tags:
        assert tag not in {"script", "iframe", "object", "embed"}
        for name in ("src", "href", "srcset", "data"):
            target = attributes.get(name) or "data:"
            is_asked_for = tag == "a" and target in dict(PAGE.links).values()
            assert is_asked_for or target.startswith("data:") or target[1:] in ids, (tag, target[:80])
    source = (report.folder / "report.html").read_text()
    assert "@import" not in source
    assert "url(" not in re.sub(r"data:image/[^\"]*", "", source)
    assert all("http" not in path.read_text().replace("http://www.w3.org", "") for path in report.folder.rglob("*.svg"))
    assert len(source) < 3_000_000


def test_the_page_shows_the_written_svgs_with_alternative_text(report: Report, page: _Page) -> None:
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    whole = [image for image in images if str(image["src"]).startswith("data:image/svg+xml,")]
    assert len(whole) == 21 + len(EXTENDED)
    for entry, image in zip(_EVERY, whole, strict=True):
        svg = (report.folder / f"figures/{entry.name}.svg").read_text()
        assert unquote(str(image["src"]).partition(",")[2]) == svg.replace('"', "'").replace("xlink:href", "href")
        assert str(image["alt"]).startswith(entry.alt)
    small = [str(image["src"]) for image in images if image not in whole]
    assert len(small) > 20
    assert all(src.startswith("data:image/webp;base64,") and len(src) < 40_000 for src in small)


def test_both_pages_have_every_section_figure_and_command(report: Report, page: _Page, partial: Sweep) -> None:
    n_runs = len(partial.manifest)
    markdown = (report.folder / "report.md").read_text()
    for text in (page.text, markdown):
        positions = [text.rindex(f"{section.number} {section.heading}") for section in SECTIONS]
        assert positions == sorted(positions)
        for section in SECTIONS:
            assert f"hw1 submit --local --study {section.study} --seeds 1" in text
        for entry in _EVERY:
            assert f"Figure {entry.number}. {entry.title}" in text
        assert f"{n_runs - 2} of {n_runs} runs done, 2 missing" in " ".join(text.split())
    for entry in _EVERY:
        assert f"](figures/{entry.name}.png)" in markdown


def test_beside_a_finding_stands_the_verdict_on_its_own_statement(report: Report) -> None:
    text = (report.folder / "report.md").read_text()
    found = [line for line in text.splitlines() if line.startswith("- **") and "](figures/" in line]
    assert found
    for line in found:
        (of,) = [each for each in PAGE.findings if f"; {each.claim}, {cell(each.statement)}: " in line]
        (verdict,) = re.findall(rf"\| {re.escape(cell(of.statement))} \| (.*?) \|", text)
        assert line.endswith(f": {verdict})")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"claim": "C77"}, "'C77': the claims are C1, "), ({"statement": "it is so"}, "'it is so': C5 says over all")],
)
def test_a_finding_that_nothing_judges_is_refused(wrong: dict[str, str], said: str, partial: Sweep) -> None:
    page = replace(PAGE, findings=(replace(PAGE.findings[0], **wrong),))
    with pytest.raises(ValueError, match=f"a finding is judged by {said}"):
        page.shown(Results(partial.manifest, partial.tables, PAGE.labels))


def test_both_pages_name_missing_and_failed_runs(report: Report, page: _Page) -> None:
    markdown = (report.folder / "report.md").read_text()
    assert "missing: 1 of 2 runs (CNN)" in page.text
    assert "Missing: 1 of 2 runs (CNN)" in markdown
    assert "tried to allocate 2 GiB | <b>and more</b>" in page.text  # as text: no such element
    assert not [tag for tag, _ in page.tags if tag == "b"]
    assert r"tried to allocate 2 GiB \| \<b\>and more" in markdown
    for text in (page.text, markdown):
        assert "No data: missing 1 of 1 run." in text


def test_markdown_tables_have_one_width(report: Report) -> None:
    blocks = re.findall(r"(?:^\|.*\n)+", (report.folder / "report.md").read_text(), flags=re.MULTILINE)
    assert len(blocks) > 16
    for block in blocks:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1, block


def test_settings_and_final_numbers_stand_in_the_page(page: _Page) -> None:
    text = " ".join(page.text.split())
    for words in ("learning rate 0.01", "5-10-10-10-10-10-5", "342,698", "made-up CPU", "0123456789ab"):
        assert words in text


def test_both_pages_end_with_where_the_numbers_come_from_and_the_files_checksums(report: Report, page: _Page) -> None:
    for text in (page.text, (report.folder / "report.md").read_text()):
        end = text[text.rindex("Where the numbers come from") :]
        assert text.rindex("All of it again\n") < text.rindex("Where the numbers come from")
        for words in ("made-up CPU", "0123456789ab", "torch 0.0.0", "training time, all runs"):
            assert words in end
            assert words not in text[: text.rindex("All of it again\n")]
        for file in COLLECTED:
            for words in (file.name, file.sha256, f"{file.n_rows:,}", f"{file.n_bytes:,}"):
                assert words in end


def test_without_files_no_checksums_are_shown(sweep: Sweep, tmp_path: Path) -> None:
    render.write_report(LIGHT, *sweep, tmp_path)
    for name in ("report.html", "report.md"):
        assert "Where the numbers come from" in (tmp_path / name).read_text()
        assert "sha256" not in (tmp_path / name).read_text()


def test_a_smoke_sweep_is_marked_in_both_pages(smoke: Sweep, report: Report, tmp_path: Path) -> None:
    render.write_report(LIGHT, *smoke, tmp_path)
    for name in ("report.html", "report.md"):
        assert style.SMOKE in (tmp_path / name).read_text()
        assert "hw1 submit --local --study simulate --smoke" in (tmp_path / name).read_text()
        assert style.SMOKE not in (report.folder / name).read_text()


def test_a_sweep_of_one_study_shows_no_other_and_numbers_its_figures_from_one(sweep: Sweep, tmp_path: Path) -> None:
    chosen = sweep.manifest[sweep.manifest["study"] == "parameters"]
    written = render.write_report(PAGE, chosen, sweep.tables, tmp_path)
    assert [path.name for path in written if path.suffix == ".png"] == [
        "01-parameters-loss.png",
        "02-parameters-accuracy.png",
    ]
    for name in ("report.html", "report.md"):
        text = (tmp_path / name).read_text()
        assert "10 of 10 runs done" in text
        assert re.findall(r"\b([CE]\d): ", text)[:1] == ["C7"]
        assert "Simulate a Function" not in text


def test_two_writes_give_the_same_pages(partial: Sweep, tmp_path: Path) -> None:
    first, second = (render.write_report(LIGHT, *partial, tmp_path / name) for name in ("first", "second"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_nothing_collected_writes_nothing(sweep: Sweep, tmp_path: Path) -> None:
    with pytest.raises(NothingCollected, match="hw1 submit"):
        render.write_report(LIGHT, sweep.manifest, {}, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_no_litter(
    sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    render.write_report(LIGHT, *sweep, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}

    def full(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        render.write_report(LIGHT, *sweep, tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


def test_what_the_report_left_out_is_shown_where_the_sweep_has_runs_of_it(sweep: Sweep, tmp_path: Path) -> None:
    report = {section.study for section in REPORT}
    for names, told in ((report, False), (report | {"surface"}, True)):
        render.write_report(LIGHT, sweep.manifest[sweep.manifest["study"].isin(names)], sweep.tables, tmp_path)
        for name in ("report.html", "report.md"):
            found = re.findall(r"\b(E\d): ", (tmp_path / name).read_text())
            assert sorted(set(found)) == ["E5", "E6"] * told


def test_each_section_says_with_which_options_its_study_was_run(sweep: Sweep, tmp_path: Path) -> None:
    render.write_report(LIGHT, *sweep, tmp_path, options=["--seeds", "2"], study_options={"surface": ["--seeds", "7"]})
    text = (tmp_path / "report.md").read_text()
    assert "hw1 submit --local --study surface --seeds 7" in text
    assert "hw1 submit --local --study barriers --seeds 2" in text
