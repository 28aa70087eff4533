"""What the report's notebooks printed, value by value, beside the collected runs of preset `notebook`."""

from analysis.published.rows import Row, rows
from analysis.published.section import Line, Section, section
from analysis.published.status import Scale, Status, status

__all__ = ["Line", "Row", "Scale", "Section", "Status", "rows", "section", "status"]
