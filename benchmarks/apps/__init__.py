"""Apps for benchmarks."""
