"""Microsoft's own compute client and identity library work with the simulator over HTTP."""

from collections.abc import Callable
from contextlib import suppress

import httpx
import pytest
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
    ServiceResponseError,
)
from azure.mgmt.compute import ComputeManagementClient
from azure_compute_simulator import RegionFault, RequestFault, ShareFault, SimulatorServer
from simulator_documents import COMPUTE, GROUP, IMAGE, definition, image, removable, version

MakeClient = Callable[..., ComputeManagementClient]


@pytest.fixture
def gallery(compute: ComputeManagementClient) -> ComputeManagementClient:
    """The client, with a gallery `g` that holds the definition `web`."""
    compute.galleries.begin_create_or_update(GROUP, "g", {"location": "eastus2"}).result()
    compute.gallery_images.begin_create_or_update(GROUP, "g", "web", definition()).result()
    return compute


def create(client: ComputeManagementClient, name: str, document: object, **options: object) -> object:
    return client.gallery_image_versions.begin_create_or_update(GROUP, "g", "web", name, document, **options)


def get(client: ComputeManagementClient, name: str = "1.0.0") -> object:
    return client.gallery_image_versions.get(GROUP, "g", "web", name, expand="ReplicationStatus")


def test_a_version_replicates_home_region_first(gallery: ComputeManagementClient) -> None:
    """Half way the home region is complete. The version succeeds when every region is."""
    created = create(gallery, "1.0.0", version(IMAGE, "East US 2", "westeurope"), polling=False).result()
    assert created.properties.provisioning_state == "Creating"
    assert created.properties.storage_profile.os_disk_image is None
    half = get(gallery).properties
    assert half.provisioning_state == "Creating"
    assert half.replication_status.aggregated_state == "InProgress"
    assert [(r.region, r.state, r.progress) for r in half.replication_status.summary] == [
        ("eastus2", "Completed", 100),
        ("westeurope", "Replicating", 33),
    ]
    done = get(gallery).properties
    assert done.provisioning_state == "Succeeded"
    assert done.replication_status.aggregated_state == "Completed"
    assert done.storage_profile.os_disk_image.size_in_gb == 30
    assert [region.name for region in done.publishing_profile.target_regions] == ["East US 2", "West Europe"]


def test_the_replication_status_is_shown_only_with_expand(gallery: ComputeManagementClient) -> None:
    create(gallery, "1.0.0", version()).result()
    plain = gallery.gallery_image_versions.get(GROUP, "g", "web", "1.0.0")
    listed = list(gallery.gallery_image_versions.list_by_gallery_image(GROUP, "g", "web"))
    assert plain.properties.replication_status is None
    assert [item.properties.replication_status for item in listed] == [None]


def test_the_client_finds_the_error_inside_a_successful_response(gallery: ComputeManagementClient) -> None:
    """The service accepts the request; the operation fails with HTTP 200; the version stays with state Failed."""
    poller = create(gallery, "1.0.0", version(f"{COMPUTE}/images/second"))
    with pytest.raises(HttpResponseError) as caught:
        poller.result()
    assert caught.value.status_code == 200
    assert caught.value.error.code == "Conflict"
    assert "Hypervisor generation ['V2'] than the parent gallery image Hypervisor generation ['V1']" in str(
        caught.value
    )
    assert get(gallery).properties.provisioning_state == "Failed"


def test_a_disk_above_the_limit_fails_to_replicate(gallery: ComputeManagementClient) -> None:
    with pytest.raises(
        HttpResponseError, match="source resource size 2520 exceeds the max size 2048"
    ) as caught:
        create(gallery, "1.0.0", version(f"{COMPUTE}/images/huge")).result()
    assert caught.value.status_code == 200


def test_the_source_of_a_version_cannot_be_changed(gallery: ComputeManagementClient) -> None:
    create(gallery, "1.0.0", version()).result()
    with pytest.raises(ResourceExistsError) as caught:
        create(gallery, "1.0.0", version(f"{COMPUTE}/images/second"))
    assert caught.value.error.code == "PropertyChangeNotAllowed"
    assert caught.value.error.target == "galleryImageVersion.properties.storageProfile.source.id"


def test_one_build_per_managed_image_at_a_time(gallery: ComputeManagementClient) -> None:
    create(gallery, "1.0.0", version(), polling=False)
    with pytest.raises(ResourceExistsError, match="Too many requests on source"):
        create(gallery, "1.0.1", version())
    get(gallery)
    get(gallery)
    create(gallery, "1.0.1", version()).result()


def test_a_finished_version_can_be_the_source_of_a_version_in_another_gallery(
    gallery: ComputeManagementClient,
) -> None:
    """The service refuses it before that version has succeeded."""
    gallery.galleries.begin_create_or_update(GROUP, "h", {"location": "eastus2"}).result()
    gallery.gallery_images.begin_create_or_update(GROUP, "h", "web", definition()).result()
    first = create(gallery, "1.0.0", version(), polling=False).result()
    begin = gallery.gallery_image_versions.begin_create_or_update
    with pytest.raises(ResourceExistsError) as caught:
        begin(GROUP, "h", "web", "1.0.0", version(first.id))
    assert caught.value.error.code == "OperationNotAllowed"
    get(gallery)
    get(gallery)
    copy = begin(GROUP, "h", "web", "1.0.0", version(first.id)).result()
    assert copy.properties.provisioning_state == "Succeeded"
    assert copy.properties.storage_profile.os_disk_image.size_in_gb == 30


def test_a_failed_region_is_cured_by_removing_and_adding_it(
    gallery: ComputeManagementClient, simulator: SimulatorServer
) -> None:
    simulator.add_fault(RegionFault(region="westeurope", kind="failed"))
    with pytest.raises(
        HttpResponseError, match="region:westeurope, detail:Failed with internal server error"
    ):
        create(gallery, "1.0.0", version(IMAGE, "eastus2", "westeurope")).result()
    states = {region.region: region.state for region in get(gallery).properties.replication_status.summary}
    assert states == {"eastus2": "Completed", "westeurope": "Failed"}
    create(gallery, "1.0.0", removable(version(IMAGE, "eastus2"))).result()
    create(gallery, "1.0.0", version(IMAGE, "eastus2", "westeurope")).result()
    assert get(gallery).properties.replication_status.aggregated_state == "Completed"


def test_a_version_can_succeed_before_every_region_is_replicated(
    gallery: ComputeManagementClient, simulator: SimulatorServer
) -> None:
    """With the switch `succeeded_early` a version succeeds when its home region is complete."""
    simulator.switches.succeeded_early = True
    create(gallery, "1.0.0", version(IMAGE, "eastus2", "westeurope"), polling=False)
    early = get(gallery).properties
    assert early.provisioning_state == "Succeeded"
    assert early.replication_status.aggregated_state == "InProgress"
    assert get(gallery).properties.replication_status.aggregated_state == "Completed"


def test_parents_cannot_be_deleted_before_their_children(gallery: ComputeManagementClient) -> None:
    """The version must not be protected, as the client's newest api-version does by default."""
    unprotected = version()
    unprotected["properties"]["safetyProfile"] = {"blockDeletionBeforeEndOfLife": False}
    create(gallery, "1.0.0", unprotected).result()
    with pytest.raises(ResourceExistsError, match="Some existing nested resource IDs include: ") as caught:
        gallery.gallery_images.begin_delete(GROUP, "g", "web")
    assert caught.value.error.code == "CannotDeleteResource"
    gallery.gallery_image_versions.begin_delete(GROUP, "g", "web", "1.0.0").result()
    gallery.gallery_images.begin_delete(GROUP, "g", "web").result()
    gallery.galleries.begin_delete(GROUP, "g").result()
    gallery.galleries.begin_delete(GROUP, "g").result()
    with pytest.raises(ResourceNotFoundError):
        gallery.galleries.get(GROUP, "g")


def test_images_are_listed_tagged_and_deleted(compute: ComputeManagementClient) -> None:
    assert {item.name for item in compute.images.list()} == {"web", "second", "huge", "far"}
    tagged = compute.images.begin_update(GROUP, "web", {"tags": {"a": "b"}}).result()
    assert tagged.tags == {"a": "b"}
    compute.images.begin_delete(GROUP, "web").result()
    assert {item.name for item in compute.images.list_by_resource_group(GROUP)} == {"second", "huge", "far"}


def test_the_client_follows_pages(compute: ComputeManagementClient, simulator: SimulatorServer) -> None:
    """The link to the second page has the api-version and keeps the order."""
    simulator.switches.page_size = 2
    assert [item.name for item in compute.images.list()] == ["web", "second", "huge", "far"]
    lists = [request for request in simulator.requests() if request["path"].endswith("/images")]
    assert len(lists) == 2


def test_the_client_repeats_a_request_after_a_503(
    compute: ComputeManagementClient, simulator: SimulatorServer
) -> None:
    simulator.add_fault(RequestFault(kind="answer", path="/images", status=503, times=1, retry_after=0))
    assert compute.images.get(GROUP, "web").name == "web"
    assert [request["status"] for request in simulator.requests()] == [503, 200]


def test_a_lost_response_does_not_undo_the_work(make_client: MakeClient, simulator: SimulatorServer) -> None:
    """The client gets a connection error, and the image exists."""
    client = make_client(retry_total=0)
    simulator.add_fault(RequestFault(kind="lost-answer", method="PUT"))
    document = {name: value for name, value in image("new").items() if name != "id"}
    with pytest.raises(ServiceResponseError):
        client.images.begin_create_or_update(GROUP, "new", document)
    assert client.images.get(GROUP, "new").properties.provisioning_state == "Succeeded"


def test_a_dropped_connection_does_no_work(make_client: MakeClient, simulator: SimulatorServer) -> None:
    client = make_client(retry_total=0)
    simulator.add_fault(RequestFault(kind="drop", method="DELETE"))
    with pytest.raises(ServiceResponseError):
        client.images.begin_delete(GROUP, "web")
    assert client.images.get(GROUP, "web").name == "web"


def test_a_request_hangs_until_the_faults_are_removed(
    make_client: MakeClient, simulator: SimulatorServer
) -> None:
    """The client stops waiting, no work was done, and other requests are answered meanwhile."""
    client = make_client(retry_total=0, read_timeout=0.2)
    simulator.add_fault(RequestFault(kind="hang", method="DELETE"))
    with pytest.raises(ServiceResponseError):
        client.images.begin_delete(GROUP, "web")
    assert client.images.get(GROUP, "web").name == "web"
    simulator.clear_faults()
    client.images.begin_delete(GROUP, "web").wait()


def test_an_unanswered_request_was_carried_out_and_a_release_leaves_the_faults(
    make_client: MakeClient, simulator: SimulatorServer
) -> None:
    client = make_client(retry_total=0, read_timeout=0.2)
    simulator.add_fault(RequestFault(kind="unanswered", method="DELETE"))
    simulator.add_fault(RequestFault(kind="hang", method="POST"))
    simulator.add_fault(RequestFault(kind="drop", method="POST"))
    with pytest.raises(ServiceResponseError):
        client.images.begin_delete(GROUP, "web")
    response = httpx.delete(f"{simulator.control}/faults/hanging")
    assert (response.status_code, [fault["kind"] for fault in simulator.faults()["requests"]]) == (
        200,
        ["drop"],
    )
    simulator.skip_time(60)
    with pytest.raises(ResourceNotFoundError):
        client.images.get(GROUP, "web")


def test_a_share_of_the_requests_fails_and_the_same_seed_draws_the_same(
    make_client: MakeClient, simulator: SimulatorServer
) -> None:
    client = make_client(retry_total=0)

    def outcomes(seed: int, agent: str = ".*") -> list[int | str]:
        simulator.clear_faults()
        simulator.add_fault(ShareFault(0.3, seed=seed, agent=agent))
        before = len(simulator.requests())
        for _ in range(60):
            with suppress(AzureError):
                client.images.get(GROUP, "web")
        return [entry["fault"] for entry in simulator.requests(before)]

    seventh = outcomes(7)
    assert 9 < len([fault for fault in seventh if fault]) < 27
    assert sum(simulator.faults()["shares"][0]["met"].values()) == len([fault for fault in seventh if fault])
    assert outcomes(7) == seventh != outcomes(8)
    assert outcomes(7, agent="^another") == [None] * 60


def test_requests_are_read_from_a_number_on(make_client: MakeClient, simulator: SimulatorServer) -> None:
    client = make_client()
    for _ in range(3):
        client.images.get(GROUP, "web")
    sent = len(simulator.requests())
    (latest,) = httpx.get(f"{simulator.control}/requests/{sent - 1}").json()
    assert (latest["number"], latest["path"].endswith("/web")) == (sent, True)
    assert "azsdk-python" in latest["agent"]
    assert simulator.requests(sent) == []
