"""Measurements of what things cost. They are no tests, and nothing shipped imports them."""
