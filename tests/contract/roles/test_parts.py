"""No role of a part is assigned unless the part is named, and none on more than it needs."""

import json
import re

import pytest

from tests.contract.infra.bicep import INFRA, ROOT
from tests.contract.roles.test_roles import GIVEN

TEXT = (INFRA / "modules" / "part-roles.bicep").read_text(encoding="utf-8")
ROLES = {path.stem for path in (INFRA / "roles").glob("*.json")} - set(GIVEN)
PARTS = re.findall(r"'(\w+)'", re.findall(r"@allowed\(\[(.+)\]\)\nparam parts array\n", TEXT)[0])
# in the table of the roles that belong to a subscription as a whole: the part, and the role's file
ON_SUBSCRIPTION = {
    role: part
    for part, role in re.findall(r"\{ part: '(\w+)', role: loadJsonContent\('../roles/(.+)\.json'\)", TEXT)
}
# every other role: the module that defines it, and its condition
DEFINED = {
    role: (module, part)
    for module, part, role in re.findall(
        r"module (\w+) 'role-definition\.bicep' = if \(contains\(given, '(\w+)'\)\) \{\n"
        r".+\n  params: \{\n    role: loadJsonContent\('\.\./roles/(.+)\.json'\)",
        TEXT,
    )
}
# what can write or delete is assigned on this and nothing above it
SCOPES = {
    "verify": "proofs",
    "verify-subnet": "network::subnet",
    "repoint": "resourceGroup",
    "retention": "gallery",
    "notify": "topic",
}
# nobody knows beforehand in which resource group an image lies, or where somebody may want to use it
WRITES_IN_A_SUBSCRIPTION = {"retire", "strict"}
READS = re.compile(r".+/read")


def test_every_role_of_a_part_is_given_under_a_condition() -> None:
    assert set(ON_SUBSCRIPTION) | set(DEFINED) == ROLES
    assert {*ON_SUBSCRIPTION.values(), *(part for _, part in DEFINED.values())} == set(PARTS)
    assert "= [\n  for item in items(rolesOnSubscription): if (contains(given, item.value.part)) {" in TEXT


def test_a_part_has_the_roles_of_its_name() -> None:
    parts = ON_SUBSCRIPTION | {role: part for role, (_, part) in DEFINED.items()}
    assert {role: part for role, part in parts.items() if role.partition("-")[0] != part} == {}


def test_every_module_and_resource_has_a_condition() -> None:
    """So that nothing is created for a part that is not named."""
    declared = re.findall(r"^(?:module|resource) \w+ '.+?' = (.+(?:\n  for .+)?)", TEXT, re.MULTILINE)
    assert len(declared) >= len(DEFINED)
    assert [one for one in declared if "if (contains(given, " not in one] == []


def test_no_part_is_named_by_default() -> None:
    given = json.loads((INFRA / "main.parameters.json").read_text(encoding="utf-8"))["parameters"]
    assert given["parts"]["value"] == "${GALLERIST_PARTS}"
    for template in ("main", "source-subscription", "gallery-subscription"):
        text = (INFRA / f"{template}.bicep").read_text(encoding="utf-8")
        assert "param parts string = ''\n" in text


@pytest.mark.parametrize(
    "template", ["main", "source-subscription", "gallery-subscription", "consumer-subscription"]
)
def test_without_a_part_nothing_of_the_parts_is_deployed(template: str) -> None:
    """Whether ARM accepts an empty array where only some values are allowed is not documented."""
    text = (INFRA / f"{template}.bicep").read_text(encoding="utf-8")
    assert "module partRoles 'modules/part-roles.bicep' = if (!empty(parts)) {\n" in text
    for role in ROLES:
        assert f"roles/{role}.json" not in text


@pytest.mark.parametrize("role", sorted(SCOPES))
def test_a_role_that_writes_is_assigned_on_what_it_is_for_alone(role: str) -> None:
    module, part = DEFINED[role]
    uses = [
        (file, before)
        for file, before, used in re.findall(
            r"module \w+ '([\w-]+-assignment\.bicep)' = (.+?)roleDefinitionId: (\w+)\.", TEXT, re.DOTALL
        )
        if used == module
    ]
    [(file, before)] = uses
    assert f"if (contains(given, '{part}'))" in before
    assignment = (INFRA / "modules" / file).read_text(encoding="utf-8")
    assert "targetScope" not in assignment
    if file == "group-assignment.bicep":
        # without a scope of its own, an assignment is on the resource group of its deployment
        assert "  scope: " not in assignment
        assert re.search(r"scope: (proofs|resourceGroup)\b", before)
        assert re.findall(r"scope: (\w+)", before) == [SCOPES[role]]
    else:
        assert f"  scope: {SCOPES[role]}\n" in assignment


def test_a_role_of_a_whole_subscription_only_reads_or_is_named_here() -> None:
    actions = {
        role: json.loads((INFRA / "roles" / f"{role}.json").read_text(encoding="utf-8"))["actions"]
        for role in ON_SUBSCRIPTION
    }
    writing = {role for role, names in actions.items() if any(not READS.fullmatch(name) for name in names)}
    assert writing == WRITES_IN_A_SUBSCRIPTION


@pytest.mark.parametrize(
    ("template", "nothing"),
    [
        ("source-subscription", {"verify", "retention", "notify"}),
        ("gallery-subscription", {"retire"}),
        ("consumer-subscription", {"verify", "retire", "retention", "notify"}),
    ],
)
def test_a_subscription_gets_the_roles_of_what_happens_in_it(template: str, nothing: set[str]) -> None:
    text = (INFRA / f"{template}.bicep").read_text(encoding="utf-8")
    assert set(re.findall(r"'(\w+)'", re.findall(r"notHere: \[(.+)\]", text)[0])) == nothing
    assert nothing < set(PARTS)


def test_the_pages_name_every_part() -> None:
    for page in ("settings.md", "security.md", "deploying.md"):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        assert [part for part in PARTS if f"`{part}`" not in text] == [], page
