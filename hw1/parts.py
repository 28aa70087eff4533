"""Parts of the report, and the two families in which its claims are judged."""

from analysis.page import Family

DEPTH = "HW 1-1 Deep vs Shallow"
OPTIMIZATION = "HW 1-2 Optimization"
GENERALIZATION = "HW 1-3 Generalization"
LEFT_OUT = "What the report left out"
REPORT_CLAIMS = Family(id="claims", says="The report says")
LEFT_OUT_CLAIMS = Family(
    id="left-out",
    says=LEFT_OUT,
    note="What the report left out is judged by the same rules as a family of its own ({tested} tested here), with "
    "statements of ours. E2 and E5 to E9 were written down before any of their runs was looked at; E1, E3 and E4 after "
    "a look at pilot runs.",
)
