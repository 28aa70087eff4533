"""Tests of analysis, on made-up tables."""
