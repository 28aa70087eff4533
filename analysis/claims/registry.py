"""The report's eight claims in its order, and our statements on what it left out."""

from analysis.claims.barriers import E7, E8
from analysis.claims.corruption import E9
from analysis.claims.critical import E3, E4
from analysis.claims.curvature import C5
from analysis.claims.depth import C1, C2
from analysis.claims.descent import C4
from analysis.claims.labels import C6
from analysis.claims.line import C8
from analysis.claims.sensitivity import E1, E2
from analysis.claims.size import C7
from analysis.claims.statement import Claim
from analysis.claims.surface import E5, E6
from analysis.claims.task import C3

CLAIMS: tuple[Claim, ...] = (C1, C2, C3, C4, C5, C6, C7, C8)
LEFT_OUT: tuple[Claim, ...] = (E1, E2, E3, E4, E5, E6, E7, E8, E9)
"""Statements of the literature, fixed as ours before their runs; judged as a family of their own."""
