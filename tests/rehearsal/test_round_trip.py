"""A rehearsal of a fleet predicts what the run then does."""
