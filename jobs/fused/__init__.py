"""Fused training of anyone's modules: the runs of a pack as one stack, with the bits of the lonely run."""
