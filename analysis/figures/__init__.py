"""The report's 21 figures, each a pure function of one study's frames."""
