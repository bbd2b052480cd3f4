"""The managed images of the demo, in the shapes that the service returns, and what should become of each."""

from typing import Any, NamedTuple

PRODUCTION = "11111111-1111-4111-8111-111111111111"
DEVELOPMENT = "22222222-2222-4222-8222-222222222222"
TENANT = "99999999-9999-4999-8999-999999999999"
GALLERY = f"/subscriptions/{PRODUCTION}/resourceGroups/images/providers/Microsoft.Compute/galleries/golden"
TWIN_GALLERY = (
    f"/subscriptions/{DEVELOPMENT}/resourceGroups/images/providers/Microsoft.Compute/galleries/golden_twin"
)


class DemoImage(NamedTuple):
    """One managed image with the VM it is captured from, how it comes to Gallerist, and how its migration should end.

    `arrives` is `event` (captured while the demo runs), `event twice`, or `http` (there already, asked for).
    """

    machine: dict[str, Any]
    image: dict[str, Any]
    arrives: str
    ends: str

    @property
    def name(self) -> str:
        """The managed image's name."""
        name: str = self.image["name"]
        return name


def captured(
    subscription: str,
    resource_group: str,
    name: str,
    *,
    arrives: str,
    ends: str,
    location: str = "eastus2",
    os_type: str = "Linux",
    generation: str = "V1",
    os_disk_gb: int = 30,
    data_disks_gb: tuple[int, ...] = (),
    tags: dict[str, str] | None = None,
) -> DemoImage:
    """A generalized VM with these disks, and the managed image that is captured from it."""
    group = f"/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/Microsoft.Compute"
    machine = {
        "id": f"{group}/virtualMachines/{name}-vm",
        "location": location,
        "properties": {
            "storageProfile": {
                "osDisk": {"osType": os_type, **_disk(f"{group}/disks/{name}-os", os_disk_gb, "ReadWrite")},
                "dataDisks": [
                    {"lun": lun, **_disk(f"{group}/disks/{name}-data-{lun}", size, "None")}
                    for lun, size in enumerate(data_disks_gb)
                ],
            }
        },
    }
    image = {
        "id": f"{group}/images/{name}",
        "name": name,
        "location": location,
        "tags": tags or {},
        "properties": {"hyperVGeneration": generation, "sourceVirtualMachine": {"id": machine["id"]}},
    }
    return DemoImage(machine, image, arrives, ends)


def _disk(disk_id: str, size_gb: int, caching: str) -> dict[str, Any]:
    managed_disk = {"id": disk_id, "storageAccountType": "Premium_LRS"}
    return {"managedDisk": managed_disk, "diskSizeGB": size_gb, "caching": caching}


PACKER_PLAN = {"PlanInfo": "9-lvm-gen2", "PlanProduct": "almalinux-x86_64", "PlanPublisher": "almalinux"}

IMAGES = (
    captured(PRODUCTION, "packer", "ubuntu-2204-20261101", arrives="event", ends="completed"),
    captured(PRODUCTION, "packer", "ubuntu-2204-20261108", arrives="event twice", ends="completed"),
    captured(
        PRODUCTION,
        "packer",
        "ubuntu-2404-20261102",
        generation="V2",
        data_disks_gb=(64, 128),
        arrives="event",
        ends="completed",
    ),
    captured(
        PRODUCTION,
        "packer",
        "alma-9-20261103",
        generation="V2",
        tags=PACKER_PLAN,
        arrives="event",
        ends="completed",
    ),
    captured(
        PRODUCTION,
        "captured",
        "win2022-iis",
        os_type="Windows",
        generation="V2",
        os_disk_gb=127,
        arrives="http",
        ends="completed",
    ),
    captured(
        PRODUCTION,
        "captured",
        "win2016-legacy",
        os_type="Windows",
        os_disk_gb=127,
        arrives="http",
        ends="completed",
    ),
    captured(
        DEVELOPMENT,
        "build",
        "debian-12-20261105",
        location="westeurope",
        data_disks_gb=(32,),
        arrives="http",
        ends="completed",
    ),
    # one data disk is larger than a gallery takes
    captured(
        DEVELOPMENT,
        "build",
        "sql-2019",
        os_type="Windows",
        os_disk_gb=127,
        data_disks_gb=(4095,),
        arrives="http",
        ends="blocked",
    ),
    # the definition suse-15 exists, for generation 1
    captured(DEVELOPMENT, "build", "suse-15-20261106", generation="V2", arrives="event", ends="blocked"),
    captured(
        DEVELOPMENT,
        "build",
        "scratch-test",
        tags={"environment": "scratch"},
        arrives="event",
        ends="skipped",
    ),
)

POLICY = f"""\
defaults:
  galleries: [{GALLERY}]
  regions: [eastus2, westus2]
  end_of_life_after_days: 365
rules:
  - name: scratch images stay where they are
    match: {{tags: {{environment: scratch}}}}
    action: ignore
  - name: Ubuntu goes to both galleries
    match: {{names: ["ubuntu-*"]}}
    name_pattern: (?P<family>.+)-\\d{{8}}
    definition: {{name: "{{family}}"}}
    galleries: [{GALLERY}, {TWIN_GALLERY}]
    regions: [eastus2, westus2, {{name: northeurope, replicas: 2, storage_account_type: Standard_ZRS}}]
  - name: builds named family-date
    match: {{names: ["*-2026????"]}}
    name_pattern: (?P<family>.+)-\\d{{8}}
    definition: {{name: "{{family}}"}}
"""


def seed() -> dict[str, Any]:
    """The simulator's seed: everything but the images that arrive as events."""
    waiting = [image.image for image in IMAGES if image.arrives == "http"]
    return {
        "subscriptions": [
            {"id": PRODUCTION, "name": "Production", "tenant": TENANT},
            {"id": DEVELOPMENT, "name": "Development", "tenant": TENANT},
        ],
        "resourceGroups": [
            {"subscription": PRODUCTION, "name": "images", "location": "eastus2"},
            {"subscription": PRODUCTION, "name": "packer", "location": "eastus2"},
            {"subscription": PRODUCTION, "name": "captured", "location": "eastus2"},
            {"subscription": DEVELOPMENT, "name": "images", "location": "westeurope"},
            {"subscription": DEVELOPMENT, "name": "build", "location": "westeurope"},
        ],
        "resources": [
            {"id": GALLERY, "location": "eastus2", "properties": {}},
            {"id": TWIN_GALLERY, "location": "westeurope", "properties": {}},
            _suse_definition_of_generation_1(),
            *(image.machine | _hidden_generation(image) for image in IMAGES),
            *waiting,
        ],
    }


def _hidden_generation(image: DemoImage) -> dict[str, Any]:
    """A VM's body does not tell its generation; the simulator has to know it."""
    return {"_simulator": {"hyperVGeneration": image.image["properties"]["hyperVGeneration"]}}


def _suse_definition_of_generation_1() -> dict[str, Any]:
    return {
        "id": f"{GALLERY}/images/suse-15",
        "location": "eastus2",
        "properties": {
            "osType": "Linux",
            "osState": "Generalized",
            "hyperVGeneration": "V1",
            "architecture": "x64",
            "identifier": {"publisher": "build", "offer": "suse-15", "sku": "linux-gen1"},
        },
    }
