"""Durable entities: small pieces of state that change one operation at a time."""

from entities import version_ledger

blueprints = [
    version_ledger.blueprint,
]
