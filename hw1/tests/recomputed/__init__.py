"""The page's sentences once more, by other code: `python -m hw1.tests.recomputed [STORE] [report.md]`.

Nothing of ours is imported: the parquet files are read by pyarrow, and every number of the findings and of what the
claims found is computed with numpy and scipy, then held against what the page says, to the last digit that it shows.
"""
