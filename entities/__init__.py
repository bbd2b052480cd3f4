"""Durable entities: small pieces of state that change one operation at a time."""

from entities import freeze, interruptions, latest_watch, version_ledger

blueprints = [
    freeze.blueprint,
    interruptions.blueprint,
    latest_watch.blueprint,
    version_ledger.blueprint,
]
