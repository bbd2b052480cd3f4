"""Durable entities: small pieces of state that change one operation at a time."""

from entities import freeze, interruptions, version_ledger

blueprints = [
    freeze.blueprint,
    interruptions.blueprint,
    version_ledger.blueprint,
]
