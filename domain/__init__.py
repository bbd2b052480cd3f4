"""What Gallerist knows and decides, as pure data and functions: no Azure SDK, no I/O, no clock, no environment."""
