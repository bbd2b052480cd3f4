"""The compiled templates keep the rules, and each rule catches the errors that it is there for."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from scripts.compile_infra import Warned, build, find_bicep, lint, unexplained
from tests.contract.infra.compiled import DEPLOYMENT
from tests.contract.infra.rules import RULES, against_types, chance, fixed_names, wide_roles

BICEP = find_bicep()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BICEP is None, reason="there is no Bicep compiler: set BICEP, or install bicep"),
]
Template = dict[str, Any]


@pytest.fixture(scope="module")
def templates() -> dict[str, Template]:
    assert BICEP is not None
    return build(BICEP)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_template_keeps_the_rule(
    rule: Callable[[Template], list[str]], templates: dict[str, Template]
) -> None:
    assert templates.keys() >= {"main", "events", "source-subscription", "gallery-subscription"}
    assert {name: faults for name, template in templates.items() if (faults := rule(template))} == {}


def all_bodies(template: Template) -> list[dict[str, Any]]:
    """Every resource as it stands in the template and its modules."""
    found = template["resources"]
    bodies = list(found.values()) if isinstance(found, dict) else list(found)
    nested = [body["properties"]["template"] for body in bodies if body["type"] == DEPLOYMENT]
    return bodies + [inner for module in nested for inner in all_bodies(module)]


def first(template: Template, kind: str, containing: str = "") -> dict[str, Any]:
    return next(
        body
        for body in all_bodies(template)
        if body["type"] == kind and containing in str(body) and "existing" not in body
    )


STORAGE = "Microsoft.Storage/storageAccounts"
SITE = "Microsoft.Web/sites"
SUBSCRIPTION_OF_EVENTS = "Microsoft.EventGrid/systemTopics/eventSubscriptions"
ASSIGNMENT = "Microsoft.Authorization/roleAssignments"


def module(template: Template, name: str) -> dict[str, Any]:
    return next(
        b for b in all_bodies(template) if b["type"] == DEPLOYMENT and name in b["name"] and "location" in b
    )


def fix_a_name(main: Template) -> None:
    module(main, "image-reader")["name"] = "image-reader"


def forget_the_region(main: Template) -> None:
    module(main, "gallery-reader")["name"] = "[format('gallery-reader-{0}', parameters('environmentName'))]"


def share_an_event_subscription(events: Template) -> None:
    first(events, SUBSCRIPTION_OF_EVENTS)["name"] = (
        "[format('{0}/{1}', parameters('systemTopicName'), 'gallerist')]"
    )


def leave_the_site_to_chance(main: Template) -> None:
    del first(main, SITE)["properties"]["publicNetworkAccess"]


def leave_storage_to_chance(main: Template) -> None:
    del first(main, STORAGE, "allowSharedKeyAccess': True")["properties"]["publicNetworkAccess"]


def publish_into_every_gallery(main: Template) -> None:
    del first(main, ASSIGNMENT, "Microsoft.Compute/galleries")["scope"]


def own_every_blob(main: Template) -> None:
    del first(main, ASSIGNMENT, "Microsoft.Storage/storageAccounts")["scope"]


def write_in_the_subscription(main: Template) -> None:
    roles = main["variables"]
    reader = next(name for name, role in roles.items() if "'Gallerist image reader'" in str(role))
    roles[reader]["roleName"] = "Gallerist gallery publisher"


def misspell_a_value(main: Template) -> None:
    first(main, STORAGE, "allowSharedKeyAccess': True")["sku"]["name"] = "Standard_LSR"


def forget_what_is_required(main: Template) -> None:
    del first(main, STORAGE)["kind"]


def name_no_such_destination(events: Template) -> None:
    first(events, SUBSCRIPTION_OF_EVENTS)["properties"]["destination"]["endpointType"] = "AzureFunctions"


def use_another_version(main: Template) -> None:
    first(main, SITE)["apiVersion"] = "2024-04-02"


@pytest.mark.parametrize(
    ("rule", "name", "mistake", "fault"),
    [
        (fixed_names, "main", fix_a_name, "image-reader: the name is without environmentName and location"),
        (fixed_names, "main", forget_the_region, "the name is without location"),
        (fixed_names, "events", share_an_event_subscription, "the name is without environmentName"),
        (chance, "main", leave_the_site_to_chance, "Microsoft.Web/sites"),
        (chance, "main", leave_storage_to_chance, "Microsoft.Storage/storageAccounts"),
        (wide_roles, "main", publish_into_every_gallery, "assigned to a whole resourceGroup"),
        (wide_roles, "main", own_every_blob, "assigned to a whole resourceGroup"),
        (
            wide_roles,
            "main",
            write_in_the_subscription,
            "gallery publisher']: assigned to a whole subscription",
        ),
        (against_types, "main", misspell_a_value, "sku.name is Standard_LSR, not one of"),
        (against_types, "main", forget_what_is_required, "kind is required"),
        (
            against_types,
            "events",
            name_no_such_destination,
            "properties.destination.endpointType is AzureFunctions",
        ),
        (against_types, "main", use_another_version, "Microsoft.Web/sites@2024-04-02 is not in types.json"),
    ],
)
def test_the_rule_catches_the_mistake(
    rule: Callable[[Template], list[str]],
    name: str,
    mistake: Callable[[Template], None],
    fault: str,
    templates: dict[str, Template],
) -> None:
    mistaken = copy.deepcopy(templates[name])
    mistake(mistaken)
    (found,) = rule(mistaken)
    assert fault in found


def test_a_warning_fails_unless_it_is_explained(tmp_path: Any) -> None:
    """The compiler itself ends with 0 for warnings."""
    assert BICEP is not None
    (tmp_path / "odd.bicep").write_text("param unused string\n", encoding="utf-8")
    (tmp_path / "odd.bicepparam").write_text("using 'odd.bicep'\nparam unused = 'a'\n", encoding="utf-8")
    found = lint(BICEP, tmp_path)
    warned = Warned("no-unused-params", "odd.bicep")
    assert found.keys() == {warned}
    assert unexplained(found, {})[0].startswith("infra/odd.bicep: no-unused-params: line 1: ")
    assert unexplained(found, {warned: "for the sake of it"}) == []
    assert unexplained({}, {warned: "gone"}) == [
        "infra/odd.bicep: no-unused-params is explained, but not found"
    ]
