"""Activity functions: glue of at most fifteen lines each, parse, call an adapter or the domain, dump."""

from activities import batches, images, versions

blueprints = [
    batches.blueprint,
    images.blueprint,
    versions.blueprint,
]
