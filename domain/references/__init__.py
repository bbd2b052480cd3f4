"""Who uses a managed image or a version: consumers, scans, and what has to be done to re-point them. Pure."""
