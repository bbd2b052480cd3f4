"""The app on one machine: the embedded host and the simulated Azure, started together. Never deployed."""
