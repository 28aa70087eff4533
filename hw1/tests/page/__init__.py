"""Tests of the report's page: figures, claims, words and printed numbers."""
