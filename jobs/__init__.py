"""Enumerates every run, packs them, joins training to the store; the command line `hw1`."""
