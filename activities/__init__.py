"""Activity functions: glue of at most fifteen lines each that parses, calls a use case, and dumps."""

from activities import batches, images, records, references, retention, versions

blueprints = [
    batches.blueprint,
    images.blueprint,
    records.blueprint,
    references.blueprint,
    retention.blueprint,
    versions.blueprint,
]
