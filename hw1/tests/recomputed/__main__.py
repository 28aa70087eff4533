"""Compares what a page says with what is computed here."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from hw1.tests.recomputed.rows import Results
from hw1.tests.recomputed.said import CLAIMS, FINDINGS

_ROOT = Path(__file__).parents[3]
_NUMBER = re.compile(r"(?<![A-Za-z])[\N{MINUS SIGN}-]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")


def sentences(page: str) -> Iterator[tuple[str, str]]:
    """Findings and claims of a page in Markdown, by key of the mappings above, each with its sentence."""
    for line in page.splitlines():
        if found := re.match(r"- \*\*(.+?)\*\* (.*) \(\[figure", line):
            (key,) = [key for key in FINDINGS if key in found[1]]
            yield key, f"{found[1]} {found[2]}"
        elif found := re.match(r"\| ([CE]\d+) .* \| [^|]*\*\*[^|]*\*\* \| ([^|]*) \| [^|]* \| [^|]*\|$", line):
            yield found[1], found[2]


def differences(store: Path, page: str) -> Iterator[str]:
    """What the page says otherwise, a line each; and every sentence that it lacks."""
    results, said = Results(store), dict(sentences(page))
    for name in sorted({key.partition(" ")[0] for key in CLAIMS} | FINDINGS.keys()):
        if name not in said:
            yield f"{name}: no such sentence"
    for key, sentence in said.items():
        (numbers,) = [
            of
            for known, of in {**FINDINGS, **CLAIMS}.items()
            if key in {known, known.partition(" ")[0]} and (known == key or known.partition(" ")[2] in sentence)
        ]
        told, ours = _NUMBER.findall(sentence), numbers(results)
        if len(told) != len(ours) or not all(map(_is_equal, told, ours)):
            yield f"{key}: {sentence}\n    here: {', '.join(f'{number:.6g}' for number in ours)}"


def _is_equal(told: str, ours: float) -> bool:
    """Equal to half a unit of the last digit that is shown."""
    text = told.replace(",", "").replace("\N{MINUS SIGN}", "-")
    mantissa, _, exponent = text.partition("e")
    digits = len(mantissa.partition(".")[2]) - int(exponent or 0)
    return abs(float(text) - ours) <= 0.500001 * 10.0**-digits


def main() -> None:
    """Compare, and say what differs."""
    given = [Path(text) for text in sys.argv[1:]]
    store = given[0] if given else _ROOT / "results/reference/store"
    page = given[1] if len(given) > 1 else _ROOT / "out/report/report.md"
    wrong = [*differences(store, page.read_text(encoding="utf-8"))]
    n = len([*sentences(page.read_text(encoding="utf-8"))])
    print("\n".join(wrong) or f"{n} sentences, every number as computed here")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
