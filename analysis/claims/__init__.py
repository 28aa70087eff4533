"""The report's eight claims as code: from collected tables to a verdict on each, by rules fixed before the data."""
