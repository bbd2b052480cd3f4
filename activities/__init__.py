"""Activity functions: glue of at most fifteen lines each that parses, calls a use case, and dumps."""

from activities import batches, images, promotions, records, references, versions

blueprints = [
    batches.blueprint,
    images.blueprint,
    promotions.blueprint,
    records.blueprint,
    references.blueprint,
    versions.blueprint,
]
