"""What the orchestrators share: calling activities and waiting, child orchestrations, custom status, log lines."""
