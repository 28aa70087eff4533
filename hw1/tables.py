"""The tables that the report's studies write, and the axis label of each of their columns."""

from results.schema import AXIS, TABLES

__all__ = ["AXIS", "TABLES"]
