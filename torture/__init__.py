"""Breaks the app on purpose, and counts what was lost, done twice or done wrong. Never deployed."""
