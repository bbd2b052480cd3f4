"""What Azure has: resource ids, images, galleries, versions, regions, permissions and events, as values."""
