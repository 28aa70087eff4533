"""The figures of what the report left out, numbered on from its own."""

from analysis.figures.entry import Entry

EXTENDED: tuple[Entry, ...] = ()
