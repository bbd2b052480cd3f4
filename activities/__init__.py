"""Activity functions: glue of at most fifteen lines each that parses, calls a use case, and dumps."""

from activities import batches, images, records, references, retirements, versions

blueprints = [
    batches.blueprint,
    images.blueprint,
    records.blueprint,
    references.blueprint,
    retirements.blueprint,
    versions.blueprint,
]
