"""Retention: which versions of a definition stay, and the steps by which the others leave. Pure."""
