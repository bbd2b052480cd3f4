"""What will be done with one image, and the checks that allow it."""
