"""The command line `hw1`."""
