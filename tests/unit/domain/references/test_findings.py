"""Who names an image, what they do with it, and whether they block a deletion."""

from typing import Any

import pytest

from domain.references.findings import consumers_in, dev_center_galleries_in
from domain.references.forms import Subject
from domain.references.kinds import KINDS, STRONG_KINDS
from domain.references.scan import Consumer

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
ROOT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/images/providers"
IMAGE = f"{ROOT}/Microsoft.Compute/images/web"
DEFINITION = f"{ROOT}/Microsoft.Compute/galleries/golden/images/web"
VERSION = f"{DEFINITION}/versions/1.0.0"
MANAGED = {"managedDisk": {"id": f"{ROOT}/Microsoft.Compute/disks/os"}}
EPHEMERAL = {**MANAGED, "diffDiskSettings": {"option": "Local"}}
COMPUTE = "Microsoft.Compute"


def resource(type_: str, properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": f"{ROOT}/{type_}/it", "type": type_, "properties": properties, **more}


def machine(os_disk: Any, state: str = "Succeeded", image: Any = None) -> dict[str, Any]:
    storage = {"imageReference": image or {"id": IMAGE}, "osDisk": os_disk}
    return resource(f"{COMPUTE}/virtualMachines", {"provisioningState": state, "storageProfile": storage})


def found(document: Any, subject: str = IMAGE) -> list[Consumer]:
    return consumers_in(document, [Subject(id=subject, public_names=[])], "provider")


def the_one(document: Any, subject: str = IMAGE) -> Consumer:
    (consumer,) = found(document, subject)
    return consumer


@pytest.mark.parametrize(
    ("os_disk", "state", "blocks", "why"),
    [
        (MANAGED, "Succeeded", False, "live on"),
        (MANAGED, "Failed", False, "live on"),
        ({"vhd": {"uri": "https://disks/os.vhd"}}, "Succeeded", False, "live on"),
        (EPHEMERAL, "Succeeded", True, "ephemeral"),
        (MANAGED, "Creating", True, "still being made"),
        (MANAGED, "Updating", True, "still being made"),
        (MANAGED, "", True, "state is unknown"),
        (MANAGED, "SomethingNew", True, "still being made"),
        ({}, "Succeeded", True, "may be ephemeral"),
        (None, "Succeeded", True, "may be ephemeral"),
        ("odd", "Succeeded", True, "may be ephemeral"),
    ],
)
def test_a_machine_blocks_if_its_disk_is_made_anew_from_the_image(
    os_disk: Any, state: str, blocks: bool, why: str
) -> None:
    consumer = the_one(machine(os_disk, state))
    assert (consumer.blocks, consumer.relation) == (blocks, "uses")
    assert why in consumer.why


USES: list[tuple[str, dict[str, Any]]] = [
    (
        f"{COMPUTE}/virtualMachineScaleSets",
        {"virtualMachineProfile": {"storageProfile": {"imageReference": {"id": IMAGE}}}},
    ),
    (
        f"{COMPUTE}/virtualMachineScaleSets/virtualMachines",
        {
            "provisioningState": "Succeeded",
            "storageProfile": {"imageReference": {"id": IMAGE}, "osDisk": MANAGED},
        },
    ),
    (
        "Microsoft.Batch/batchAccounts/pools",
        {"deploymentConfiguration": {"virtualMachineConfiguration": {"imageReference": {"id": IMAGE}}}},
    ),
    ("Microsoft.DevOpsInfrastructure/pools", {"fabricProfile": {"images": [{}, {"resourceId": IMAGE}]}}),
    ("Microsoft.DevCenter/devcenters/devboxdefinitions", {"imageReference": {"id": IMAGE}}),
    ("Microsoft.DevCenter/projects/pools", {"devBoxDefinition": {"imageReference": {"id": IMAGE}}}),
    ("Microsoft.DevCenter/projects/catalogs/imageDefinitions", {"imageReference": {"id": IMAGE}}),
    ("Microsoft.DesktopVirtualization/hostPools", {"vmTemplate": f'{{"customImageId":"{IMAGE}"}}'}),
    (
        "Microsoft.DesktopVirtualization/hostPools/sessionHostConfigurations",
        {"imageInfo": {"customInfo": {"resourceId": IMAGE}}},
    ),
    (
        "Microsoft.DesktopVirtualization/hostPools/activeSessionHostConfigurations",
        {"imageInfo": {"customInfo": {"resourceId": IMAGE}}},
    ),
    (
        "Microsoft.AzureFleet/fleets",
        {
            "computeProfile": {
                "baseVirtualMachineProfile": {"storageProfile": {"imageReference": {"id": IMAGE}}}
            }
        },
    ),
    ("Microsoft.VirtualMachineImages/imageTemplates", {"source": {"type": "ManagedImage", "imageId": IMAGE}}),
    ("Microsoft.LabServices/labs", {"virtualMachineProfile": {"imageReference": {"id": IMAGE}}}),
    ("Microsoft.DevTestLab/labs/customimages", {"managedImageId": IMAGE}),
]


@pytest.mark.parametrize(("type_", "properties"), USES, ids=[type_ for type_, _ in USES])
def test_every_kind_that_makes_machines_from_the_image_blocks(type_: str, properties: dict[str, Any]) -> None:
    consumer = the_one(resource(type_, properties))
    assert (consumer.relation, consumer.blocks) == ("uses", True)
    assert consumer.remedy != "nothing"
    assert consumer.names == IMAGE


def test_the_table_has_a_test_for_every_kind() -> None:
    others = {"virtual machine", "disk", "snapshot", "image version"}
    assert {kind.type for kind in KINDS if kind.name not in others} == {type_ for type_, _ in USES}
    assert {kind.name for kind in KINDS} - {kind.name for kind in STRONG_KINDS} == {"disk", "snapshot"}


@pytest.mark.parametrize("type_", ["disks", "snapshots"])
@pytest.mark.parametrize("field", ["imageReference", "galleryImageReference"])
def test_a_disk_and_a_snapshot_never_block(field: str, type_: str) -> None:
    subject = IMAGE if field == "imageReference" else VERSION
    creation = {"createOption": "FromImage", field: {"id": subject}}
    consumer = the_one(resource(f"{COMPUTE}/{type_}", {"creationData": creation}), subject)
    assert (consumer.relation, consumer.blocks, consumer.remedy) == ("made-from", False, "nothing")


@pytest.mark.parametrize(("state", "blocks"), [("Succeeded", False), ("Creating", True), ("Failed", True)])
def test_a_version_that_is_being_made_from_the_image_blocks(state: str, blocks: bool) -> None:
    properties = {"provisioningState": state, "storageProfile": {"source": {"id": IMAGE}}}
    consumer = the_one(resource(f"{COMPUTE}/galleries/images/versions", properties))
    assert (consumer.relation, consumer.blocks) == ("made-from", blocks)


def test_an_image_template_that_makes_the_image_again_blocks() -> None:
    distribute = [{"type": "ManagedImage", "imageId": IMAGE, "location": "eastus2"}]
    template = resource("Microsoft.VirtualMachineImages/imageTemplates", {"distribute": distribute})
    assert (the_one(template).relation, the_one(template).blocks) == ("makes", True)


def test_an_image_template_that_makes_further_versions_does_not_block_this_one() -> None:
    distribute = [{"type": "SharedImage", "galleryImageId": DEFINITION}]
    template = resource("Microsoft.VirtualMachineImages/imageTemplates", {"distribute": distribute})
    assert (the_one(template, VERSION).relation, the_one(template, VERSION).blocks) == ("makes", False)


@pytest.mark.parametrize(
    "type_",
    [
        "Microsoft.ServiceFabric/managedClusters/nodeTypes",
        "Microsoft.Resources/deploymentStacks",
        "Contoso.Widgets/widgets",
        "",
    ],
)
def test_a_kind_that_nobody_knows_blocks(type_: str) -> None:
    consumer = the_one(resource(type_, {"deep": [{"down": {"vmImageResourceId": IMAGE}}]}))
    assert (consumer.relation, consumer.blocks, consumer.remedy) == ("unknown", True, "ask its owner")
    assert consumer.part == "deep.down.vmImageResourceId"


def test_a_part_that_nobody_knows_blocks_although_its_kind_is_known() -> None:
    document = machine(MANAGED, image={"publisher": "Canonical"})
    document["properties"]["newFeature"] = {IMAGE: True}
    assert (the_one(document).relation, the_one(document).blocks) == ("unknown", True)


@pytest.mark.parametrize(
    "type_",
    ["Microsoft.Insights/metricAlerts", "microsoft.portal/dashboards", "Microsoft.Logic/workflows"],
)
def test_what_only_mentions_the_image_does_not_block(type_: str) -> None:
    consumer = the_one(resource(type_, {"query": f"resources | where id == '{IMAGE}'"}))
    assert (consumer.relation, consumer.blocks) == ("mentions", False)


def test_a_type_that_only_begins_like_one_that_mentions_is_unknown() -> None:
    assert the_one(resource("Microsoft.Portal/dashboardsMaker", {"it": IMAGE})).relation == "unknown"


def test_a_scale_set_that_follows_latest_blocks_no_version_but_its_instances_do() -> None:
    model = {"virtualMachineProfile": {"storageProfile": {"imageReference": {"id": DEFINITION}}}}
    scale_set = the_one(resource(f"{COMPUTE}/virtualMachineScaleSets", model), VERSION)
    assert (scale_set.form, scale_set.blocks) == ("definition", False)
    reference = {"id": DEFINITION, "exactVersion": "1.0.0"}
    instance = resource(
        f"{COMPUTE}/virtualMachineScaleSets/virtualMachines",
        {"storageProfile": {"imageReference": reference}},
        instanceId="7",
    )
    assert (the_one(instance, VERSION).blocks, the_one(instance, VERSION).part) == (True, "instance 7")
    reference["exactVersion"] = "2.0.0"
    assert found(instance, VERSION) == []


def test_a_pool_that_follows_latest_blocks_because_nobody_sees_its_machines() -> None:
    properties = {"fabricProfile": {"images": [{"resourceId": DEFINITION}]}}
    assert the_one(resource("Microsoft.DevOpsInfrastructure/pools", properties), VERSION).blocks


def test_a_dev_box_definition_whose_gallery_cannot_be_read_blocks() -> None:
    gallery = f"{ROOT}/Microsoft.DevCenter/devcenters/dc/galleries/g"
    properties = {"imageReference": {"id": f"{gallery}/images/web/versions/1.0.0"}}
    document = resource("Microsoft.DevCenter/devcenters/devboxdefinitions", properties)
    subject = [Subject(id=VERSION, public_names=[])]
    assert consumers_in(document, subject, "provider", {gallery.lower(): None})[0].blocks
    ours = {gallery.lower(): f"{ROOT}/Microsoft.Compute/galleries/GOLDEN"}
    assert consumers_in(document, subject, "provider", ours)[0].form == "dev center"
    theirs = {gallery.lower(): f"{ROOT}/Microsoft.Compute/galleries/other"}
    assert consumers_in(document, subject, "provider", theirs) == []


@pytest.mark.parametrize(("name", "behind"), [("~gallery~g~web", "theirs"), ("web", None)])
def test_a_pool_that_names_an_image_of_its_project_blocks_unless_its_gallery_is_another(
    name: str, behind: str | None
) -> None:
    project = f"{ROOT}/Microsoft.DevCenter/projects/p"
    properties = {"devBoxDefinition": {"imageReference": {"id": f"{project}/images/{name}/version/1.0.0"}}}
    document = resource("Microsoft.DevCenter/projects/pools", properties)
    (gallery,) = dev_center_galleries_in(document)
    assert gallery == f"{project}/images{'/~gallery~g' if behind else ''}".lower()
    subject = [Subject(id=VERSION, public_names=[])]
    assert consumers_in(document, subject, "provider", {gallery: None})[0].blocks
    theirs = {gallery: f"{ROOT}/Microsoft.Compute/galleries/{behind}"}
    assert consumers_in(document, subject, "provider", theirs) == []
    ours = {gallery: f"{ROOT}/Microsoft.Compute/galleries/golden"}
    assert consumers_in(document, subject, "provider", ours)[0].part == "pool"


def test_an_image_that_a_project_made_from_its_catalog_is_none_of_ours() -> None:
    image = {"id": f"{ROOT}/Microsoft.DevCenter/projects/p/images/~Catalog~team~web"}
    document = resource("Microsoft.DevCenter/projects/pools", {"devBoxDefinition": {"imageReference": image}})
    assert found(document, VERSION) == []


def test_a_template_that_follows_latest_shows_the_whole_id_of_the_version_that_it_took() -> None:
    source = {"imageVersionId": f"{DEFINITION}/versions/latest", "exactVersion": VERSION}
    template = resource("Microsoft.VirtualMachineImages/imageTemplates", {"source": source})
    assert the_one(template, VERSION).blocks
    assert found(template, f"{DEFINITION}/versions/9.9.9") == []


def test_the_digest_changes_with_the_text_of_the_part_and_with_nothing_else() -> None:
    document = resource("Contoso.Widgets/widgets", {"a": {"image": IMAGE, "size": 1}, "b": 1})
    before = the_one(document).digest
    document["properties"]["b"] = 2
    assert the_one(document).digest == before
    document["properties"]["a"]["size"] = 2
    assert the_one(document).digest != before


def test_a_change_far_inside_a_long_text_is_noticed() -> None:
    document = resource("Contoso.Widgets/widgets", {"a": {"image": IMAGE, "long": "x" * 5_000 + "1"}})
    before = the_one(document)
    document["properties"]["a"]["long"] = "x" * 5_000 + "2"
    assert the_one(document).digest != before.digest
    assert len(before.text) < 2_100


@pytest.mark.parametrize(
    "document",
    [None, [], "text", {}, {"properties": None}, {"properties": [IMAGE]}, {"id": IMAGE, "properties": {}}],
)
def test_a_record_without_properties_names_nobody(document: Any) -> None:
    assert found(document) == []


def test_each_subject_has_its_own_consumers() -> None:
    """Retention asks for all versions of a definition at once."""
    versions = [Subject(id=f"{DEFINITION}/versions/{number}.0.0", public_names=[]) for number in (1, 2, 3)]
    images = [{"resourceId": versions[0].id}, {"resourceId": DEFINITION}]
    document = resource("Microsoft.DevOpsInfrastructure/pools", {"fabricProfile": {"images": images}})
    consumers = consumers_in(document, versions, "provider")
    assert sorted((one.subject[-5:], one.form) for one in consumers) == [
        ("1.0.0", "definition"),
        ("1.0.0", "version"),
        ("2.0.0", "definition"),
        ("3.0.0", "definition"),
    ]


def test_a_machine_of_another_image_is_no_consumer() -> None:
    assert found(machine(MANAGED, image={"id": f"{IMAGE}-2"})) == []
