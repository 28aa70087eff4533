"""The benchmark: what a user would run instead, on this machine, doing the same work."""
