"""A deliberate error in infra/terraform is seen: by the comparison with Bicep, by a rule, or by the evaluator."""

import shutil
from pathlib import Path

import pytest

from scripts.compile_infra import INFRA, SNAPSHOTS
from tests.contract.infra.compiled import Resource
from tests.contract.infra.rules import typed
from tests.contract.infra.snapshots import too_wide
from tests.contract.infra.terraform import paths
from tests.contract.infra.terraform.expressions import EvaluationError
from tests.contract.infra.terraform.module import Sent
from tests.contract.infra.terraform.syntax import SyntaxFaultError


@pytest.fixture
def infra(tmp_path: Path) -> Path:
    """A copy of infra/ that a test can spoil."""
    copy = tmp_path / "infra"
    shutil.copytree(INFRA, copy, ignore=shutil.ignore_patterns("snapshots", "*.bicep"))
    return copy


def spoil(infra: Path, file: str, old: str, new: str) -> None:
    path = infra / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def differences(infra: Path, name: str) -> list[str]:
    file = next(file for file in paths.PATHS if file.name == f"{name}.snapshot.json")
    return paths.differences(file, infra / "terraform")


def sent(infra: Path, name: str) -> list[Sent]:
    deployment = paths.read_path(SNAPSHOTS / f"{name}.bicepparam")
    return paths.configuration(deployment, None, infra / "terraform").sent()


T = "terraform"
ERRORS = [
    # a setting is dropped, another is added, or has another value
    (
        "default",
        f"{T}/function_app.tf",
        "    GALLERIST_POLICY_BLOB           = var.policy_blob\n",
        "",
        "is missing",
    ),
    (
        "default",
        f"{T}/function_app.tf",
        "    GALLERIST_EVIDENCE_FOLDER ",
        '    GALLERIST_MORE = ""\n    GALLERIST_EVIDENCE_FOLDER ',
        "GALLERIST_MORE is too much",
    ),
    ("default", f"{T}/variables.tf", '"0 17 * * * *"', '"0 18 * * * *"', "GALLERIST_SWEEP_SCHEDULE is"),
    (
        "default",
        f"{T}/storage.tf",
        "allowSharedKeyAccess         = false",
        "allowSharedKeyAccess = true",
        "is True",
    ),
    # a number in quotation marks is no number
    ("default", f"{T}/storage.tf", "enabled = true, days = 7", 'enabled = true, days = "7"', "is '7', not 7"),
    (
        "default",
        f"{T}/function_app.tf",
        'publicNetworkAccess    = "Enabled"',
        'publicNetworkAccess = "Disabled"',
        "publicNetworkAccess is 'Disabled'",
    ),
    (
        "private-network",
        f"{T}/storage.tf",
        'var.private_networking ? "Disabled" : "Enabled"',
        'var.private_networking ? "Enabled" : "Enabled"',
        "publicNetworkAccess is 'Enabled'",
    ),
    # the type, the API version, the region, a tag, the identity, the SKU
    (
        "default",
        f"{T}/main.tf",
        "userAssignedIdentities@2023-01-31",
        "userAssignedIdentities@2024-11-30",
        "apiVersion",
    ),
    ("default", f"{T}/workbook.tf", "Insights/workbooks@", "Insights/books@", "is made by Terraform alone"),
    ("default", f"{T}/storage.tf", "location  = var.location", 'location = "eastus"', "location is 'eastus'"),
    (
        "default",
        f"{T}/main.tf",
        '"azd-env-name" = var.environment_name',
        '"env" = "x"',
        "tags.azd-env-name is missing",
    ),
    ("default", f"{T}/function_app.tf", '"UserAssigned"\n', '"SystemAssigned"\n', "identity.type is"),
    ("default", f"{T}/function_app.tf", 'name = "FC1"', 'name = "Y1"', "sku.name is 'Y1'"),
    # a name, and the name of a role assignment, which is a hash of what it is for
    ("default", f"{T}/alerts.tf", '"alert-${each.key}-', '"alert-x-${each.key}-', "is not made"),
    (
        "default",
        f"{T}/modules/subscription-role/main.tf",
        "var.principal_id, var.role",
        "var.role",
        "is not made",
    ),
    # a resource is left out
    (
        "default",
        f"{T}/storage.tf",
        '["packages", "policy", "evidence"]',
        '["packages", "policy"]',
        "is not made",
    ),
    (
        "every-part",
        f"{T}/modules/part-roles/main.tf",
        '    "strict"          = "strict"\n',
        "",
        "is not made",
    ),
    (
        "source-subscription",
        f"{T}/source-subscription/main.tf",
        '"verify", "retention", "notify"',
        '"strict"',
        "is not made",
    ),
    # a role gets another scope, or another action
    (
        "default",
        f"{T}/monitoring.tf",
        "parent_id = azapi_resource.insights.id",
        "parent_id = azapi_resource.group.id",
        "is made by Terraform alone",
    ),
    (
        "default",
        "roles/image-reader.json",
        "Microsoft.Compute/images/read",
        "Microsoft.Compute/images/write",
        "actions[",
    ),
    # a query, in its text alone and inside the JSON text of the workbook
    ("default", f"{T}/alerts.tf", "> 180", "> 181", "query is"),
    (
        "default",
        f"{T}/workbook.tf",
        "size                    = 0",
        "size = 1",
        "serializedData.items[0].content.size is 1",
    ),
    # an output
    (
        "default",
        f"{T}/outputs.tf",
        '"https://${local.host_name}/api"',
        '"https://${local.host_name}"',
        "outputs.",
    ),
    # events
    ("default-events", f"{T}/modules/image-events/main.tf", "= 30\n", "= 31\n", "maxDeliveryAttempts is 31"),
    (
        "second-environment-events",
        f"{T}/modules/image-events/main.tf",
        '"" ? null : {',
        '"x" ? null : {',
        "Destination",
    ),
    (
        "gallery-subscription",
        f"{T}/modules/version-events/main.tf",
        "versions/write",
        "write",
        "values[0] is",
    ),
    ("callers", f"{T}/entra.tf", '"Return401"', '"AllowAnonymous"', "unauthenticatedClientAction is"),
    ("callers", f"{T}/entra.tf", "{ identities = callers }", "{ groups = callers }", "identities is missing"),
    ("callers", f"{T}/scheduler.tf", "== 0 ? 90", "== 0 ? 30", "retentionPeriodInDays is 30"),
    ("small-network", f"{T}/network.tf", "max(24,", "max(28,", "addressPrefix is"),
    (
        "management-group",
        f"{T}/management-group/main.tf",
        "assignableScopes = [local.scope]",
        "",
        "is missing",
    ),
]


@pytest.mark.parametrize(("name", "file", "change", "fault"), [(n, f, (o, w), t) for n, f, o, w, t in ERRORS])
def test_the_comparison_sees_it(
    infra: Path, name: str, file: str, change: tuple[str, str], fault: str
) -> None:
    spoil(infra, file, *change)
    found = differences(infra, name)
    assert any(fault in one for one in found), found


def test_nothing_is_seen_without_an_error(infra: Path) -> None:
    assert differences(infra, "default") == []


def test_a_wider_scope_of_a_role_breaks_the_rule(infra: Path) -> None:
    """Also where there is no snapshot that would differ."""
    spoil(
        infra,
        f"{T}/storage.tf",
        "parent_id = azapi_resource.storage.id\n  name      = uuidv5",
        "parent_id = azapi_resource.group.id\n  name = uuidv5",
    )
    faults = too_wide([one.resource for one in sent(infra, "default")])
    assert len(faults) == 3
    assert all(
        fault.endswith(
            "is assigned to /subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-prod"
        )
        for fault in faults
    )


def test_a_value_that_azures_types_do_not_take_breaks_the_rule(infra: Path) -> None:
    spoil(infra, f"{T}/storage.tf", '"TLS1_2"', '"TLS1_9"')
    faults = [
        fault
        for one in sent(infra, "default")
        for fault in typed(Resource(one.resource["type"], one.resource["apiVersion"], one.resource, ""))
    ]
    assert len(faults) == 1
    assert "minimumTlsVersion is TLS1_9" in faults[0]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        # what the provider is not asked to keep of an answer cannot be read
        (f"{T}/main.tf", '"properties.clientId", ', "", "there is no 'clientId'"),
        (f"{T}/main.tf", '"properties.clientId", ', '"properties.clientid", ', "is not known to answer with"),
        (
            f"{T}/storage.tf",
            "azapi_resource.group.id",
            "azapi_resource.grupp.id",
            "has no resource azapi_resource.grupp",
        ),
        (f"{T}/storage.tf", "local.tags", "local.tag", "there is no 'tag'"),
        (f"{T}/modules/event-alerts/main.tf", "${lower(", "${title(", "an unknown function: title"),
        (
            f"{T}/storage.tf",
            '  name      = "default"\n',
            '  nome = "default"\n',
            "unknown argument: ['nome']",
        ),
        (
            f"{T}/storage.tf",
            "azapi_update_resource.blobs.id",
            "azapi_resource.storage.id",
            "is no parent of a",
        ),
        (f"{T}/function_app.tf", '"PUT"', '"POST"', "does not put a resource"),
        (
            f"{T}/main.tf",
            "role               = jsondecode",
            "rolle = jsondecode",
            "has no variable ['rolle']",
        ),
    ],
)
def test_the_evaluator_refuses_it(infra: Path, file: str, old: str, new: str, message: str) -> None:
    spoil(infra, file, old, new)
    with pytest.raises(EvaluationError) as error:
        differences(infra, "default")
    assert message in str(error.value)


def test_a_file_that_is_no_hcl_is_refused(infra: Path) -> None:
    spoil(infra, f"{T}/storage.tf", "location  = var.location", "location  = var.location)")
    with pytest.raises(SyntaxFaultError):
        differences(infra, "default")
