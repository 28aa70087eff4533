"""Projects that no room knows, in tests."""
