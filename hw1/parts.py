"""Parts of the report, and the two headings under which its claims stand."""

from jobs import Family

DEPTH = "HW 1-1 Deep vs Shallow"
OPTIMIZATION = "HW 1-2 Optimization"
GENERALIZATION = "HW 1-3 Generalization"
LEFT_OUT = "What the report left out"
REPORT_CLAIMS = Family(id="claims", says="The report says")
LEFT_OUT_CLAIMS = Family(id="left-out", says=LEFT_OUT)
