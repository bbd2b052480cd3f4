"""Durable entities: small pieces of state that change one operation at a time."""

from entities import (
    definition_durations,
    freeze,
    gallery_hints,
    interruptions,
    last_gauge,
    latest_watch,
    version_ledger,
)

blueprints = [
    definition_durations.blueprint,
    freeze.blueprint,
    gallery_hints.blueprint,
    interruptions.blueprint,
    last_gauge.blueprint,
    latest_watch.blueprint,
    version_ledger.blueprint,
]
