"""Workers: train packs, one after the other, and commit them."""
