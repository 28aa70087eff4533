"""Claims as code: from collected tables to a verdict on each, by rules that hold however often one looks."""
