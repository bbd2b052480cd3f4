"""Durable entities: small pieces of state that are changed one operation at a time."""
