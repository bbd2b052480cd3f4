"""What starts a migration or answers a caller: Event Grid, HTTP, timers. No rules live here."""

from triggers import fleet_api, housekeeping, http_api, image_events, plan_api, policy_api, sweep

blueprints = [
    fleet_api.blueprint,
    housekeeping.blueprint,
    http_api.blueprint,
    image_events.blueprint,
    plan_api.blueprint,
    policy_api.blueprint,
    sweep.blueprint,
]
