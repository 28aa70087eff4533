"""The page's files: figures as png and svg, one page as HTML, and the same in Markdown."""

import base64
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import names, speed, style, summary, vector
from analysis.claims import page as verdicts
from analysis.claims.judge import Judgement, judged
from analysis.drawing import pictures
from analysis.figure import Figure
from analysis.frames import Results, finished
from analysis.markup import template
from analysis.page import Page, Section
from analysis.picture import Picture
from results.bench import Row
from results.checksums import File
from results.disk import write_whole
from results.energy import DEFAULT as DEFAULT_FACTORS
from results.energy import Factors
from results.usage import MARGINS

_PX_PER_IN = 96
_WIDE_IN = 8
_NO_OPTIONS: Mapping[str, Sequence[str]] = {}


def write_report(  # noqa: PLR0913 - what is shown, where it goes, and five that may be left out
    page: Page,
    manifest: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    folder: Path,
    *,
    options: Sequence[str] = (),
    made_by: Sequence[str] = ("report",),
    study_options: Mapping[str, Sequence[str]] = _NO_OPTIONS,
    files: Sequence[File] = (),
    bench: Sequence[Row] = (),
    factors: Factors = DEFAULT_FACTORS,
    progress: Callable[[int, int], None] = lambda n_drawn, n: None,  # noqa: ARG005
) -> list[Path]:
    """Write `figures/*.png` and `*.svg`, `report.html` and `report.md`; every file appears whole or not at all.

    Args:
        page: What the project shows; of its sections, those whose study the manifest names.
        manifest: One row per expected run: `run_id`, `study`, `smoke`, `kind`, `n_params`, the names of its spec's
            `fields`, and every spec field.
        tables: The collected tables by name; an absent one counts as empty.
        folder: Where the files go; made if it is not there.
        options: What was asked of `hw1` beside the study (`--preset`, `--seeds`, …), for the commands that rerun it.
        made_by: The words after `hw1` that make this page.
        study_options: The same of single studies, where they were asked for with other ones.
        files: The files that hold the tables, for their checksums.
        bench: What `hw1 bench` measured; without it the pages have no section on speed.
        factors: By which energy is estimated.
        progress: Called after each figure with how many are drawn, and how many there will be; from another thread.

    Returns:
        The files, in the order in which they were written.

    Raises:
        NothingCollected: If none of the manifest's runs is in `tables`; nothing is written then.
        OSError: If the disk refuses; files that are there stay whole.
    """
    done = finished(manifest, tables)
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    studies = Results(manifest, tables, page.labels)
    sections = page.shown(studies)
    todo = [(figure, studies[section.study]) for section in sections for figure in section.figures or ()]
    if bench:
        todo.append((speed.figure(bench, len(todo) + 1), replace(studies[""], smoke=False)))
    written = []

    def save(name: str, content: bytes) -> None:
        write_whole(folder / name, content)
        written.append(folder / name)

    with pictures(todo, progress) as coming:
        content = _content(page, studies, sections, {**study_options, "": options})
        figures: dict[str, list[dict[str, Any]]] = {section.study: [] for section in sections}
        for (figure, study), made in zip(todo, coming, strict=True):
            save(f"figures/{figure.name}.png", made.png)
            save(f"figures/{figure.name}.svg", made.svg)
            figures.setdefault(study.name, []).append(_figure(figure, made))
    content |= {"figures": figures, "small": {f["number"]: f["small"] for of in figures.values() for f in of}}
    judged_by = {judgement.claim.name: judgement for judgement in content.pop("judgements")}
    content |= {"findings": _findings(page, studies, figures, judged_by), "n_done": len(done)}
    each = bool(study_options) or "--study" in made_by
    content |= {"made_by": shlex.join([*page.door, *made_by])}
    content |= {"again": _again(page.door, sections, studies, {**study_options, "": options}, each=each)}
    content |= {"provenance": summary.provenance(done, factors), "files": summary.files(files)}
    content |= {"used": summary.used(done), "margins": MARGINS, "energies": summary.energies(done, factors)}
    content["speed"] = speed.section(bench, figures[""][-1]) if bench else None
    for name in ("report.html", "report.md"):
        save(name, template("analysis", f"{name}.j2").render(content).encode())
    return written


def _content(
    page: Page,
    studies: Results,
    sections: Sequence[Section],
    options: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    manifest = studies.manifest
    n_claims = sum(len(section.claims) for section in page.sections)
    judgements = judged(studies, [claim for section in sections for claim in section.claims], n_claims)
    family_of = {section.study: section.family for section in sections}
    by_slug = {section.study: {figure.slug: figure for figure in section.figures or ()} for section in sections}
    shown = [
        _section(section, studies, page, options.get(section.study, options[""]))
        | {"claims": [verdicts.detail(j, by_slug[section.study]) for j in judgements if j.claim.study == section.study]}
        for section in sections
    ]
    return {
        "title": page.title,
        "lead": page.lead,
        "n_expected": manifest["run_id"].nunique(),
        "smoke": style.SMOKE if manifest["smoke"].astype(bool).any() else "",
        "links": page.links,
        "families": [
            {"id": family.id, "says": family.says, "claims": rows}
            for family in dict.fromkeys(family_of.values())
            if (
                rows := [
                    verdicts.row(j, by_slug[j.claim.study]) for j in judgements if family_of[j.claim.study] == family
                ]
            )
        ],
        "judgements": judgements,
        "claims_notes": verdicts.notes(n_claims, judgements),
        "notes": [{"id": n.id, "heading": n.heading, "text": n.text(studies.tables)} for n in page.notes],
        "parts": [(part, [s for s in shown if s["part"] == part]) for part in dict.fromkeys(s["part"] for s in shown)],
    }


def _findings(
    page: Page, studies: Results, figures: Mapping[str, list[dict[str, Any]]], judged_by: Mapping[str, Judgement]
) -> list[dict[str, Any]]:
    """The findings of the studies that are shown, each with its figure; smoke runs find nothing."""
    found = []
    for finding in page.findings:
        of = studies[finding.study]
        shown = next((figure for figure in figures.get(finding.study, ()) if figure["slug"] == finding.figure), None)
        text = finding.text(of) if shown and not of.smoke and len(of.runs) else None
        if text:
            by = judged_by.get(finding.claim)
            claim = verdicts.beside(by, finding.statement) if by else None
            found.append({"says": text[0], "behind": text[1], "figure": shown, "claim": claim})
    return found


def _section(section: Section, studies: Results, page: Page, options: Sequence[str]) -> dict[str, Any]:
    of = studies[section.study]
    return {
        "part": section.part,
        "id": section.study,
        "heading": section.title,
        "what": section.what,
        "n_expected": len(of.expected),
        "n_done": len(of.expected) - len(of.missing),
        "missing": names.missing(of.expected, of.missing),
        "failures": summary.failures(of),
        "common": summary.common(of),
        "differing": summary.differing(of) if names.varying(of.expected) else None,
        "final": summary.final_numbers(of, (page.final or summary.measured)(of), as_means=page.final is None),
        "over_seeds": "median over seeds (minimum–maximum)" if page.final else "mean over seeds (95% interval)",
        "command": _command(page.door, section.study, of.expected, options),
    }


def _figure(figure: Figure, of: Picture) -> dict[str, Any]:
    return {
        "id": f"figure-{figure.number}",
        "heading": f"Figure {figure.number}. {figure.title}",
        "caption": figure.caption,
        "alt": " ".join(text for text in (figure.alt, of.missing, of.note) if text),
        "missing": of.missing,
        "note": of.note,
        "png": f"figures/{figure.name}.png",
        "svg": vector.address(of.svg.decode()),
        "small": f"data:image/webp;base64,{base64.b64encode(of.small).decode()}",
        "number": figure.number,
        "slug": figure.slug,
        "width": round(of.width_in * _PX_PER_IN),
        "height": round(of.height_in * _PX_PER_IN),
        "wide": of.width_in > _WIDE_IN,
    }


def _again(
    door: Sequence[str],
    sections: Sequence[Section],
    studies: Results,
    of: Mapping[str, Sequence[str]],
    *,
    each: bool,
) -> list[str]:
    """The commands that train all runs of the page: one, or one for each study."""
    if not each:
        return _command(door, None, studies.manifest, of[""])[:1]
    return [_command(door, s.study, studies[s.study].expected, of.get(s.study, of[""]))[0] for s in sections]


def _command(door: Sequence[str], name: str | None, expected: pd.DataFrame, options: Sequence[str]) -> list[str]:
    """The commands that train these runs and make the report again."""
    smoke = ["--smoke"] if expected["smoke"].astype(bool).any() and "--smoke" not in options else []
    submit = ["submit", "--local", *(["--study", name] if name else [])]
    return [shlex.join([*door, *command, *smoke, *options]) for command in (submit, ["collect"], ["report"])]
