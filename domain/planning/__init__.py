"""What will be done with one image, and which checks allow it."""
