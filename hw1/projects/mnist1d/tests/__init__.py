"""Tests of MNIST-1D."""
