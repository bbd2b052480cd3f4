"""Deterministic generators that put activities, entities and timers in order."""
