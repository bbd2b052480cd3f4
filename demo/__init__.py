"""The demo: the simulator, the host and the app together, watched while they work."""
