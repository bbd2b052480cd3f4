"""Each documented path twice: what Bicep's snapshot has for it, and what the Terraform configuration sends."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from scripts.compile_infra import INFRA, LOCATION, MANAGEMENT_GROUP, SNAPSHOTS, SUBSCRIPTION
from tests.contract.infra.terraform.answers import CLIENT, answer
from tests.contract.infra.terraform.arm import UNKNOWN, resolve
from tests.contract.infra.terraform.module import Azure, Configuration

TERRAFORM = INFRA / "terraform"
# the configuration that makes the same as a Bicep file
CONFIGURATIONS = {
    "main": ".",
    "events": "events",
    "source-subscription": "source-subscription",
    "gallery-subscription": "gallery-subscription",
    "consumer-subscription": "consumer-subscription",
    "mg": "management-group",
}
_EVALUATED_IN = re.compile(r"^// evaluated in subscription ([0-9a-f-]{36})$", re.MULTILINE)
_USING = re.compile(r"^using '(?:\.\./)+(?:infra/)?([\w-]+)\.bicep'$", re.MULTILINE)
_PARAMETER = re.compile(r"^param (\w+) = (.+?)(?=\n(?:param|//)|\Z)", re.MULTILINE | re.DOTALL)
# names that end in the suffix, of each file that has one
_WITH_SUFFIX = re.compile(r"(?:id-gallerist|alert-events-[a-z]+)-([a-z0-9]{13})")


class Deployment(NamedTuple):
    """A path: the Bicep file, the parameters, and the subscription it is deployed to."""

    bicep: str
    parameters: dict[str, Any]
    subscription: str


def snake(name: str) -> str:
    """The name of a parameter of Bicep as Terraform writes names."""
    return re.sub(r"(?<=[a-z0-9])([A-Z]+)", lambda found: f"_{found[1].lower()}", name)


def literal(text: str) -> Any:
    """The value of a literal of Bicep, which is YAML once its lines are joined by commas."""
    return yaml.safe_load(re.sub(r"(?<![{\[])\n\s*(?![}\]])", ", ", text.strip()))


def read_path(file: Path) -> Deployment:
    """Returns the path that a file of parameters describes."""
    text = file.read_text(encoding="utf-8")
    using = _USING.search(text)
    assert using is not None
    named = _EVALUATED_IN.search(text)
    parameters = {name: literal(value) for name, value in _PARAMETER.findall(text)}
    return Deployment(using[1], parameters, named[1] if named else SUBSCRIPTION)


def snapshot(file: Path) -> dict[str, Any]:
    """Returns what Azure gets from Bicep, with what Azure would answer in place of the expressions."""
    content = json.loads(file.read_text(encoding="utf-8"))
    found = resolve(content, {"schedulerSettings": _scheduler_settings(content)})
    for resource in found["predictedResources"]:
        if resource.get("properties", {}).get("Locations") == UNKNOWN:
            resource["properties"]["Locations"] = [{"Id": place} for place in clouds()["public"]["places"]]
    assert UNKNOWN not in json.dumps(found)
    return {"resources": found["predictedResources"], "outputs": found["outputs"]}


def configuration(path: Deployment, suffix: str | None, folder: Path = TERRAFORM) -> Configuration:
    """Returns the Terraform configuration with the variables of a path.

    Bicep's suffix is a hash that Terraform does not know (`uniqueString`). So the local of that name is given, and all
    names, also those that are hashes of other names, must then be the same.
    """
    given = {snake(name): value for name, value in path.parameters.items()}
    if path.bicep == "mg":
        given["management_group_id"] = MANAGEMENT_GROUP
    if path.bicep == "gallery-subscription":
        given.setdefault("location", LOCATION)
    azure = Azure({**CLIENT, "subscription_id": path.subscription}, answer)
    fixed = {} if suffix is None else {"suffix": suffix}
    return Configuration(folder / CONFIGURATIONS[path.bicep], given, azure, fixed)


def suffix_of(resources: list[dict[str, Any]]) -> str | None:
    """Returns the suffix of the names of a snapshot."""
    names = (_WITH_SUFFIX.fullmatch(resource["name"]) for resource in resources)
    return next((name[1] for name in names if name), None)


def differences(file: Path, folder: Path = TERRAFORM) -> list[str]:
    """Returns a sentence for everything that Terraform would make in another way than the snapshot of a path."""
    wanted = snapshot(file)
    path = read_path(file.with_name(file.name.replace(".snapshot.json", ".bicepparam")))
    evaluated = configuration(path, suffix_of(wanted["resources"]), folder)
    made = by_id([sent.resource for sent in evaluated.sent()])
    expected = by_id(wanted["resources"])
    faults = [f"{identifier} is not made" for identifier in expected.keys() - made.keys()]
    faults += [f"{identifier} is made by Terraform alone" for identifier in made.keys() - expected.keys()]
    for identifier in expected.keys() & made.keys():
        faults += compare(expected[identifier], made[identifier], identifier)
    return sorted([*faults, *compare(wanted["outputs"], evaluated.outputs(), "outputs")])


def by_id(resources: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Returns the resources by their ids; two of one id are a fault."""
    found = {resource["id"]: normal(resource) for resource in resources}
    assert len(found) == len(resources), "two resources have one id"
    return found


def normal(resource: dict[str, Any]) -> dict[str, Any]:
    """Returns a resource without what differs by construction.

    Bicep writes a JSON text in the order of the source, Terraform with sorted names: it is compared as JSON. And the
    order of resources in a snapshot says nothing, so resources are compared by their ids.
    """
    properties = resource.get("properties", {})
    if "serializedData" not in properties:
        return resource
    return {
        **resource,
        "properties": {**properties, "serializedData": json.loads(properties["serializedData"])},
    }


def compare(expected: Any, made: Any, at: str) -> list[str]:
    """Returns a sentence for each difference of two values. The order counts in a list, not in an object."""
    if isinstance(expected, dict) and isinstance(made, dict):
        faults = [f"{at}.{name} is missing" for name in expected.keys() - made.keys()]
        faults += [f"{at}.{name} is too much" for name in made.keys() - expected.keys()]
        return faults + [
            fault
            for name in expected.keys() & made.keys()
            for fault in compare(expected[name], made[name], f"{at}.{name}")
        ]
    if isinstance(expected, list) and isinstance(made, list) and len(expected) == len(made):
        pairs = enumerate(zip(expected, made, strict=True))
        return [fault for number, (one, other) in pairs for fault in compare(one, other, f"{at}[{number}]")]
    if type(expected) is type(made) and expected == made:
        return []
    return [f"{at} is {made!r}, not {expected!r}"]


def clouds() -> dict[str, dict[str, Any]]:
    """Returns what the Bicep files have of each cloud, by the names of the provider."""
    main = (INFRA / "main.bicep").read_text(encoding="utf-8")
    places = (INFRA / "modules" / "availability.bicep").read_text(encoding="utf-8")
    names, zones = _object(main, "cloudNames"), _object(main, "siteZones")
    return {
        name: {"sites": zones[cloud], "places": _object(places, "places")[cloud]}
        for cloud, name in names.items()
    }


def _object(text: str, variable: str) -> dict[str, Any]:
    found = re.search(rf"^var {variable} = (\{{\n.*?\n\}})", text, re.MULTILINE | re.DOTALL)
    assert found is not None, variable
    value: dict[str, Any] = literal(found[1])
    return value


def _scheduler_settings(content: dict[str, Any]) -> dict[str, str]:
    """The one variable that a snapshot leaves as its name: it is read from the module."""
    text = (INFRA / "modules" / "function-app.bicep").read_text(encoding="utf-8")
    found = re.search(r"^var schedulerSettings = \{\n  (\w+): '(.*)'$", text, re.MULTILINE)
    assert found is not None
    scheduler = next(
        (r for r in content["predictedResources"] if r["type"] == "Microsoft.DurableTask/schedulers"), None
    )
    identity = next(
        (r for r in content["predictedResources"] if r["type"].endswith("/userAssignedIdentities")), None
    )
    values = {
        "schedulerEndpoint": answer(scheduler["type"], scheduler["id"])["endpoint"] if scheduler else "",
        "identityClientId": answer(identity["type"], identity["id"])["clientId"] if identity else "",
    }
    return {found[1]: re.sub(r"\$\{(\w+)\}", lambda name: values[name[1]], found[2])}


# the documented paths, and beside this file what none of them has: callers, mail, a small network
FURTHER = sorted(Path(__file__).parent.glob("*.snapshot.json"))
PATHS = [*sorted(SNAPSHOTS.glob("*.snapshot.json")), *FURTHER]
