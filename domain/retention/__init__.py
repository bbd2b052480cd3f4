"""Which versions of a definition are kept and why, and the ladder that the others go down. Pure."""
