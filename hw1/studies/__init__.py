"""The report's studies in its order, then what it left out, and one that does nothing. A folder each."""
