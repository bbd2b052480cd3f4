"""The HTTP API: one module per resource, and what the routes share.

A route reads the request, calls a service, and answers with a model of `api`. What it raises becomes a problem.
"""

from triggers.http import (
    batches,
    coverage,
    diff,
    explanations,
    freeze,
    health,
    images,
    migrations,
    openapi,
    policy,
    promotions,
    references,
    retention,
    retirements,
)

blueprints = [
    batches.blueprint,
    coverage.blueprint,
    diff.blueprint,
    explanations.blueprint,
    freeze.blueprint,
    health.blueprint,
    images.blueprint,
    migrations.blueprint,
    openapi.blueprint,
    policy.blueprint,
    promotions.blueprint,
    retention.blueprint,
    references.blueprint,
    retirements.blueprint,
]
