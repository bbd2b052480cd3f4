"""The proof that a machine starts from a version: its machine, its size, and what was seen. Pure."""
