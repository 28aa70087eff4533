"""The store: every run's tables on disk, written whole or not at all. Knows nothing of torch or of clusters."""
