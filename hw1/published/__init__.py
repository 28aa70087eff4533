"""Numbers that the report's notebooks printed, beside the collected runs of preset `notebook`."""

from collections.abc import Mapping

import pandas as pd

from hw1.published.rows import Row, rows
from hw1.published.section import Line, Section, section
from hw1.published.status import Scale, Status, status
from jobs import Note, template


def text(tables: Mapping[str, pd.DataFrame]) -> Mapping[str, str]:
    """The section as HTML and as Markdown."""
    shown = section(tables)
    return {form: template("hw1.published", f"published.{form}.j2").render(published=shown) for form in ("html", "md")}


NOTE = Note(id="published", heading="Published against reproduced", text=text)

__all__ = ["NOTE", "Line", "Row", "Scale", "Section", "Status", "rows", "section", "status", "text"]
