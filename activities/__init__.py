"""Activity functions: glue of at most fifteen lines each that parses, calls a use case, and dumps."""

from activities import (
    batches,
    hand_over,
    images,
    promotions,
    proofs,
    records,
    references,
    retention,
    retirements,
    versions,
)

blueprints = [
    batches.blueprint,
    hand_over.blueprint,
    images.blueprint,
    promotions.blueprint,
    proofs.blueprint,
    records.blueprint,
    references.blueprint,
    retirements.blueprint,
    retention.blueprint,
    versions.blueprint,
]
