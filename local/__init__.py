"""Azure on your machine: the simulated service, the embedded Functions host, the demo. Never deployed."""
