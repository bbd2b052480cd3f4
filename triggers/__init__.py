"""What starts a migration or answers a caller: Event Grid, HTTP, timers. No rules live here."""
