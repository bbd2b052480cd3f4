"""The checks made before anything is written."""
