"""Many images at once: batches, coverage, policy previews."""
