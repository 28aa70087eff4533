"""Plans: pending runs as packs, packs as tasks, and what they cost."""
