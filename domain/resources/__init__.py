"""Azure's resources as values: ids, images, galleries, versions, regions."""
