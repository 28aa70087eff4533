"""The report's files: 21 figures as png and svg, one page, and the same in Markdown."""

import base64
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from analysis import names, published, speed, summary
from analysis import sections as sections_of
from analysis.claims import page
from analysis.claims.judge import judged
from analysis.claims.registry import LEFT_OUT
from analysis.claims.statement import Judgement
from analysis.figures import registry, style
from analysis.frames import Studies, Study, finished
from analysis.picture import Picture, picture
from analysis.sections import Section
from results.bench import Row
from results.checksums import File
from results.disk import write_whole

_PX_PER_IN = 96
_WIDE_IN = 8
_NO_OPTIONS: Mapping[str, Sequence[str]] = {}
_TITLE = "Deep learning HW1: the report, run again"
_LEAD = "Every experiment of one homework report (CPSC-8430, homework 1) trained anew, and what came of its claims:"


def write_report(  # noqa: PLR0913 - what is shown, where it goes, and five that may be left out
    manifest: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    folder: Path,
    *,
    options: Sequence[str] = (),
    study_options: Mapping[str, Sequence[str]] = _NO_OPTIONS,
    files: Sequence[File] = (),
    bench: Sequence[Row] = (),
    progress: Callable[[Path], None] | None = None,
) -> list[Path]:
    """Write `figures/*.png` and `*.svg`, `report.html` and `report.md`; every file appears whole or not at all.

    Args:
        manifest: One row per expected run: `run_id`, `study`, `smoke`, `kind`, `n_params`, and every spec field.
        tables: The collected tables of `results.schema`, by name; an absent one counts as empty.
        folder: Where the files go; made if it is not there.
        options: What was asked of `hw1` beside the study (`--preset`, `--seeds`, …), for the commands that rerun it.
        study_options: The same of single studies, where they were asked for with other ones.
        files: The files that hold the tables, for their checksums.
        bench: What `hw1 bench` measured; without it the pages have no section on speed.
        progress: Called with each file once it is written.

    Returns:
        The files, in the order in which they were written.

    Raises:
        NothingCollected: If none of the manifest's runs is in `tables`; nothing is written then.
        OSError: If the disk refuses; files that are there stay whole.
    """
    done = finished(manifest, tables)
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    written = []

    def save(name: str, content: bytes) -> None:
        write_whole(folder / name, content)
        written.append(folder / name)
        if progress:
            progress(written[-1])

    studies, pictures = Studies(manifest, tables), []
    for entry in registry.shown(set(manifest["study"])) + (speed.entry(bench),) * bool(bench):
        of = studies[entry.study]
        pictures.append(picture(entry, of if entry.study else replace(of, smoke=False)))
        save(f"figures/{entry.name}.png", pictures[-1].png)
        save(f"figures/{entry.name}.svg", pictures[-1].svg)
    commands = {**dict.fromkeys(manifest["study"], options), **study_options, "": options}
    content = _content(studies, done, pictures, commands) | {"files": summary.files(files)}
    content["speed"] = speed.section(bench, _figure(pictures[-1])) if bench else None
    for name in ("report.html", "report.md"):
        save(name, _template(name).render(content).encode())
    return written


def _content(
    of: Studies,
    done: pd.DataFrame,
    pictures: Sequence[Picture],
    options: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    manifest, studies = of.manifest, set(of.manifest["study"])
    judgements = judged(of)
    left_out = judged(of, [claim for claim in LEFT_OUT if claim.study in studies])
    both = judgements + left_out
    sections = [
        _section(s, of[s.study], pictures, both, options.get(s.study, options[""])) for s in sections_of.shown(studies)
    ]
    parts = dict.fromkeys(s["part"] for s in sections)
    return {
        "title": _TITLE,
        "lead": _LEAD,
        "n_expected": manifest["run_id"].nunique(),
        "n_done": len(done),
        "smoke": style.SMOKE if manifest["smoke"].astype(bool).any() else "",
        "claims": [page.row(judgement) for judgement in judgements],
        "left_out": [page.row(judgement) for judgement in left_out],
        "claims_notes": page.notes(judgements, left_out),
        "published": published.section(of.tables),
        "provenance": summary.provenance(done),
        "parts": [(part, [s for s in sections if s["part"] == part]) for part in parts],
        "command": _command(None, manifest, options[""]),
    }


def _section(
    section: Section,
    of: Study,
    pictures: Sequence[Picture],
    judgements: Sequence[Judgement],
    options: Sequence[str],
) -> dict[str, Any]:
    return {
        "part": section.part,
        "id": section.study,
        "heading": f"{section.number} {section.heading}",
        "what": section.what,
        "n_expected": len(of.expected),
        "n_done": len(of.expected) - len(of.missing),
        "missing": names.missing(of.expected, of.missing),
        "failures": summary.failures(of),
        "claims": [page.detail(judgement) for judgement in judgements if judgement.claim.study == section.study],
        "common": summary.common(of),
        "differing": summary.differing(of) if names.varying(of.expected) else None,
        "final": summary.final_numbers(of),
        "figures": [_figure(p) for p in pictures if p.entry.study == section.study],
        "command": _command(section.study, of.expected, options),
    }


def _figure(of: Picture) -> dict[str, Any]:
    entry = of.entry
    return {
        "id": f"figure-{entry.number}",
        "heading": f"Figure {entry.number}. {entry.title}",
        "caption": entry.caption,
        "alt": " ".join(text for text in (entry.alt, of.missing, of.note) if text),
        "missing": of.missing,
        "note": of.note,
        "png": f"figures/{entry.name}.png",
        "svg": f"data:image/svg+xml;base64,{base64.b64encode(of.svg).decode()}",
        "width": round(of.width_in * _PX_PER_IN),
        "height": round(of.height_in * _PX_PER_IN),
        "wide": of.width_in > _WIDE_IN,
    }


def _command(name: str | None, expected: pd.DataFrame, options: Sequence[str]) -> list[str]:
    """The commands that train these runs and make the report again."""
    smoke = ["--smoke"] if expected["smoke"].astype(bool).any() and "--smoke" not in options else []
    submit = ["submit", "--local", *(["--study", name] if name else [])]
    return [shlex.join(["hw1", *command, *smoke, *options]) for command in (submit, ["collect"], ["report"])]


def _template(name: str) -> Any:  # noqa: ANN401 - jinja2's template
    loader = PackageLoader("analysis")
    environment = Environment(
        loader=loader,
        autoescape=name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = _cell
    return environment.get_template(f"{name}.j2")


def _cell(text: str) -> str:
    """Text that stays text in Markdown, in a table too."""
    for mark in "\\`*_<>|[]":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())
