"""The demo: migrates managed images on a simulated Azure while you watch. Never deployed."""
