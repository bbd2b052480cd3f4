"""An app for the benchmarks of the host."""
