"""The smoke test of a deployment: tags an image for tests, waits for its version, and ticks what it saw.

    python -m scripts.smoke /subscriptions/…/providers/Microsoft.Compute/images/small

`azd` knows the deployment, and `az` is signed in. The workflow `smoke` runs it.
"""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from scripts import proven

# an event is delivered within seconds; five minutes are what the page promises at most
EVENT_SECONDS = 300
# the deadline of the policy is a day; a small image takes minutes
MIGRATION_SECONDS = 2 * 3600
# Application Insights sends in batches, and the workspace indexes what it gets
LOG_SECONDS = 900
PAUSE_SECONDS = 15
QUERY = "AppTraces | where Message startswith 'migration completed ' | where Message has '{id}' | count"
LOGS = "https://api.loganalytics.io"


Seen = TypeVar("Seen")


class SmokeError(Exception):
    """What was not seen in time."""


class World(NamedTuple):
    """What the test uses: programs, the API, the list of what is proven, and time."""

    run: Callable[[list[str]], str]
    get: Callable[[str, str], dict[str, Any]]
    prove: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep


def main(image: str, world: World) -> None:
    """Migrates the image by its tag, and ticks `event`, `migrated` and `logs`.

    Raises:
        SmokeError: one of them was not seen.
    """
    api, group, site = (
        value(world, name)
        for name in ("GALLERIST_API_URL", "AZURE_RESOURCE_GROUP", "AZURE_FUNCTION_APP_NAME")
    )
    key = world.run(
        [
            "az",
            "functionapp",
            "keys",
            "list",
            "--resource-group",
            group,
            "--name",
            site,
            "--query",
            "functionKeys.default",
            "--output",
            "tsv",
        ]
    )
    world.run(
        ["az", "image", "update", "--ids", image, "--set", "tags.gallerist=migrate", "--output", "none"]
    )

    def started() -> str | None:
        migrations = world.get(f"{api}/migrations", key)["migrations"]
        return next((one["id"] for one in migrations if one["image"].lower() == image.lower()), None)

    migration = until(world, started, EVENT_SECONDS, "no migration of the image was started by its event")
    world.prove("event")

    def ended() -> str | None:
        state = world.get(f"{api}/migrations/{migration}", key)["state"]
        if state in {"blocked", "failed", "partial", "unverified", "cancelled", "skipped"}:
            raise SmokeError(f"the migration {migration} is {state}")
        return state if state == "completed" else None

    until(world, ended, MIGRATION_SECONDS, f"the migration {migration} did not end")
    world.prove("migrated")
    workspace = world.run(
        [
            "az",
            "monitor",
            "log-analytics",
            "workspace",
            "list",
            "--resource-group",
            group,
            "--query",
            "[0].customerId",
            "--output",
            "tsv",
        ]
    )

    def logged() -> bool:
        body = json.dumps({"query": QUERY.format(id=migration)})
        url = f"{LOGS}/v1/workspaces/{workspace}/query"
        answer = world.run(
            ["az", "rest", "--method", "post", "--url", url, "--resource", LOGS, "--body", body]
        )
        return bool(json.loads(answer)["tables"][0]["rows"][0][0])

    until(world, logged, LOG_SECONDS, "the log has no line of the migration that the alerts could read")
    world.prove("logs")


def value(world: World, name: str) -> str:
    """Returns an output of the deployment."""
    return world.run(["azd", "env", "get-value", name])


def until(world: World, look: Callable[[], Seen | None], seconds: float, otherwise: str) -> Seen:
    """Looks again and again until there is something.

    Raises:
        SmokeError: there was nothing for so many seconds.
    """
    for _ in range(int(seconds / PAUSE_SECONDS)):
        if seen := look():
            return seen
        world.sleep(PAUSE_SECONDS)
    raise SmokeError(otherwise)


def _run(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603


def _get(url: str, key: str) -> dict[str, Any]:
    request = urllib.request.Request(url, headers={"x-functions-key": key})  # noqa: S310 # the deployment's own
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 # as above
        answer: dict[str, Any] = json.load(response)
    return answer


def _prove(name: str) -> None:
    if proven.main([name]):
        raise SmokeError(f"docs/deploying.md has no statement {name}")


if __name__ == "__main__":
    try:
        main(sys.argv[1], World(_run, _get, _prove))
    except SmokeError as error:
        sys.exit(f"smoke.py: {error}")
