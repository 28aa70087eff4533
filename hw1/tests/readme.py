"""The tables of verdicts and the picture in `hw1/README.md`, as the results that come with the code have them.

`python -m hw1.tests.readme` writes them anew; a test compares.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
_PICTURE = "minimal-ratio"
_TABLE = re.compile(
    r"^\| [^\n|]+ \| verdict \| found \| seeds \|\n\|---\|---\|---\|---\|\n(?:\|[^\n]*\n)*", re.MULTILINE
)


def tables(text: str) -> list[str]:
    """Tables of verdicts in a Markdown text, figures left out."""
    short = re.sub(r"^(\| .* \|) figures \|$", r"\1", text, flags=re.MULTILINE)
    short = re.sub(r"^(\|---\|---\|---\|---\|)---\|$", r"\1", short, flags=re.MULTILINE)
    short = re.sub(r"^(\| [CE]\d+ .* \|) (?:\[[^\n]*)? \|$", r"\1", short, flags=re.MULTILINE)
    return _TABLE.findall(short)


def renewed(readme: str, report: str) -> str:
    """The README with the report's tables."""
    new = iter(tables(report))
    return _TABLE.sub(lambda _: next(new), readme)


def main() -> None:
    """Draw the report of the results that come with the code, and put its tables and a figure into the README."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "hw1", "report", "--from", "reference", "--to", folder], check=True)
        report = (Path(folder) / "report.md").read_text(encoding="utf-8")
        (picture,) = Path(folder).glob(f"figures/??-{_PICTURE}.png")
        shutil.copyfile(picture, README.with_name(f"{_PICTURE}.png"))
    README.write_text(renewed(README.read_text(encoding="utf-8"), report), encoding="utf-8")


if __name__ == "__main__":
    main()
