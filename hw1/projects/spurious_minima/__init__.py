"""Share of gradient descents that end in a spurious minimum: a table of Safran & Shamir 2018, cell by cell."""
