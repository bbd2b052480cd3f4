"""What starts a migration or answers a caller: Event Grid, HTTP, timers. No rules live here."""

from triggers import http, image_events, timers

blueprints = [*http.blueprints, image_events.blueprint, timers.blueprint]
