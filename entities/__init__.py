"""Durable entities: small pieces of state that change one operation at a time."""

from entities import interruptions, version_ledger

blueprints = [
    interruptions.blueprint,
    version_ledger.blueprint,
]
