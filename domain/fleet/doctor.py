"""What a deployment needs to work: judged from what was read of it, each with its cause and its fix."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from domain.fleet.findings import Finding, passed, unknown, warned
from domain.planning.checks.check import Check
from domain.policy.rules import Policy
from domain.resources.events import IMAGE_WRITE, TAG_WRITE, VERSION_WRITE, WRITE_SUCCEEDED
from domain.resources.ids import GalleryId, ResourceGroupId, ResourceId, SubnetId
from domain.resources.permissions import PROOF_ACTIONS, SOURCE_ACTIONS, SUBNET_ACTIONS

# the name of the function that takes Azure's events; infra/modules names it, too
EVENTS_FUNCTION = "image_events"
# the roles of a source subscription: the images, their creation times, the regions
SUBSCRIPTION_ACTIONS = (
    *SOURCE_ACTIONS,
    "Microsoft.Resources/subscriptions/resources/read",
    "Microsoft.Resources/subscriptions/locations/read",
)
# the sweep starts every hour, and one over ten thousand images takes hours
LATE_SWEEP = timedelta(hours=24)
_SUBSCRIPTION_TOPIC = "microsoft.resources.subscriptions"
# what the subject of an event has after the resource group
_IMAGE = "/providers/Microsoft.Compute/images/image"
_VERSION = "/providers/Microsoft.Compute/galleries/gallery/images/definition/versions/1.0.0"
_FUNCTION = re.compile(r"/functions/([^/]+)$", re.IGNORECASE)


def of_check(check: Check) -> Finding:
    """A check of planning as a finding."""
    return Finding(name=check.name, verdict=check.verdict, detail=check.detail, fix=check.fix)


def policy_galleries(policy: Policy, subscriptions: Iterable[str]) -> list[GalleryId]:
    """Returns the galleries of the policy; one in the image's own subscription counts in each of these."""
    names = list(subscriptions)
    decided = [(policy.defaults.action, policy.defaults.galleries)]
    decided += [(rule.action, rule.galleries) for rule in policy.rules]
    templates = [one for action, galleries in decided if action == "migrate" for one in galleries or []]
    found: list[GalleryId] = []
    for template in templates:
        if "{subscription}" in template:
            found += [GalleryId.parse(template.replace("{subscription}", name)) for name in names]
        else:
            found.append(GalleryId.parse(template))
    return list(dict.fromkeys(found))


def proof_places(policy: Policy, galleries: Iterable[GalleryId]) -> dict[ResourceId, tuple[str, ...]]:
    """Returns where the policy has machines started to prove versions, with the actions needed there."""
    places: dict[ResourceId, tuple[str, ...]] = {}
    for name in (None, *(rule.name for rule in policy.rules)):
        verify = policy.choices_of(name).verify
        if verify.mode != "boot":
            continue
        for gallery in galleries:
            if verify.resource_group:
                places[ResourceGroupId.of(gallery.subscription, verify.resource_group)] = PROOF_ACTIONS
        subnets: Mapping[str, SubnetId] = verify.subnets or {}
        places |= dict.fromkeys(subnets.values(), SUBNET_ACTIONS)
    return places


def is_subscription_topic(topic: Mapping[str, Any], subscription: str) -> bool:
    """Whether a system topic is that of a subscription's own events."""
    properties = _object(topic.get("properties"))
    kind, source = str(properties.get("topicType")).lower(), str(properties.get("source")).lower()
    return kind == _SUBSCRIPTION_TOPIC and source.strip("/") == f"subscriptions/{subscription}".lower()


def find_events(subscription: str, found: list[Mapping[str, Any]]) -> Iterator[Finding]:
    """Judges the event subscriptions of a subscription's topic: images start migrations, versions give hints."""
    own = [one for one in found if _function_of(one) == EVENTS_FUNCTION]
    for what, operation, subject, without in (
        ("images", IMAGE_WRITE, _IMAGE, "new images wait for the next sweep"),
        (
            "tags of images",
            TAG_WRITE,
            _IMAGE,
            "an image that is tagged in the portal waits for the next sweep",
        ),
        (
            "image versions",
            VERSION_WRITE,
            _VERSION,
            "a migration learns by its timer alone that a version is there",
        ),
    ):
        name = f"events of {what} in {subscription}"
        taking = [one for one in own if _takes(one, operation, subject)]
        good = [one for one in taking if _state(one) == "Succeeded"]
        if good:
            yield passed(name, f"event subscription {good[0].get('name')} sends them to {EVENTS_FUNCTION}")
        elif taking:
            fix = "deploy infra/events.bicep again, after the code"
            shown = f"event subscription {taking[0].get('name')} is {_state(taking[0])}"
            yield warned(name, f"{shown}: {without}", fix)
        else:
            yield warned(
                name,
                f"no event subscription sends {operation} to the function {EVENTS_FUNCTION}: {without}",
                "deploy infra/events.bicep (docs/deploying.md)",
            )


def _function_of(subscription: Mapping[str, Any]) -> str | None:
    """The function that an event subscription sends to, as an Azure function or as the extension's webhook."""
    destination = _object(_object(subscription.get("properties")).get("destination"))
    properties = _object(destination.get("properties"))
    found = _FUNCTION.search(str(properties.get("resourceId")))
    if found:
        return found[1].lower()
    url = str(properties.get("endpointBaseUrl") or properties.get("endpointUrl"))
    webhook = re.search(r"[?&]functionName=([^&]+)", url, re.IGNORECASE)
    return webhook[1].lower() if webhook else None


def _takes(subscription: Mapping[str, Any], operation: str, subject: str) -> bool:
    """Whether the filters of an event subscription let successful writes of a type through."""
    filters = _object(_object(subscription.get("properties")).get("filter"))
    types = filters.get("includedEventTypes")
    wanted = not types or WRITE_SUCCEEDED in types
    advanced = filters.get("advancedFilters")
    return wanted and all(
        _lets_through(one, operation.lower(), subject.lower())
        for one in (advanced if isinstance(advanced, list) else [])
        if isinstance(one, dict)
    )


def _lets_through(advanced: Mapping[str, Any], operation: str, subject: str) -> bool:
    """Whether one advanced filter does. What depends on more than the type, such as the group, counts as passed."""
    key, kind = str(advanced.get("key")).lower(), str(advanced.get("operatorType")).lower()
    values = [str(value).lower() for value in advanced.get("values") or []]
    if key == "data.operationname" and kind == "stringcontains":
        return any(value in operation for value in values)
    if key == "data.operationname":
        return (operation in values) is not (kind == "stringnotin")
    if key == "subject" and kind == "stringcontains":
        return any("/providers/" not in value or value in subject for value in values)
    return True


def _state(subscription: Mapping[str, Any]) -> str:
    return str(_object(subscription.get("properties")).get("provisioningState"))


def find_sweep(last: datetime | None, now: datetime, *, running: bool, swept: int) -> Finding:
    """Judges the last sweep, which finds the images whose events were lost."""
    name = "sweep"
    if not swept:
        return warned(
            name,
            "GALLERIST_SUBSCRIPTIONS names no subscription, so nothing is swept",
            "set it, separated by spaces: what events miss is found by the sweep alone",
        )
    if last is None:
        return unknown(
            name, "the task hub knows of none yet", "wait for the next one, within the hour by default"
        )
    age = now - last
    detail = f"{'running, last seen' if running else 'the last one ended'} {_ago(age)} ago"
    if age > LATE_SWEEP:
        return warned(name, detail, "look whether the timer function 'sweep' is disabled, and at its log")
    return passed(name, detail)


def _ago(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"  # noqa: PLR2004 # two hours


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
