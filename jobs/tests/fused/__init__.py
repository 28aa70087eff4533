"""Tests of fused training."""
