"""Takes snapshots of a fleet in Azure, and rehearses its migration on the simulator in virtual time. Not deployed."""
