"""What outlives the task hub, and what the world is told: evidence and notices. Pure."""
