"""Managed images are retired, or kept: each obligation, each decision of a person, each refusal of Azure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from local.arm import call_arm, delete_image
from tests.workflow.estate import GALLERY, HERE, THERE, TWIN, an_image
from tests.workflow.retiring import GROUP, Retiring, a_machine, a_scale_set, retiring

AUTHORIZATION = "providers/Microsoft.Authorization"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retiring]:
    with retiring(tmp_path_factory.mktemp("stack")) as estate:
        yield estate


@pytest.fixture
def estate(running: Retiring) -> Iterator[Retiring]:
    """The app; faults and locks of a test end with it."""
    yield running
    running.stack.control("DELETE", "faults")
    running.stack.control("POST", "locks", {"locks": []})


def test_an_approved_image_is_retired_and_its_certificate_is_older_than_the_delete(estate: Retiring) -> None:
    image, retirement = estate.awaiting("web")
    assert estate.unmet(retirement) == {"approved": "nobody has approved it"}
    assert estate.approve(retirement).status_code == 202

    end = estate.waits(retirement, "retired")

    version = f"{GALLERY}/images/web/versions/1.0.0"
    assert end["reason"] == f"deleted; {version} replaces it"
    assert not estate.exists(image)
    (delete,) = estate.deletes(image)
    certificate, deletion = estate.evidence(f"certificates/{retirement}")
    moments = [certificate["made_at"], delete["time"], deletion["confirmed_at"]]
    assert sorted(moments, key=datetime.fromisoformat) == moments
    assert [one["met"] for one in certificate["obligations"]] == [True] * 9
    assert certificate["record"]["properties"]["storageProfile"]["osDisk"]["osType"] == "Linux"
    assert (certificate["replaced_by"], certificate["approval"]["reason"]) == ([version], "the fleet moved")
    shown = estate.http.get(f"{estate.stack.api}/retirements/{retirement}/certificate").json()
    assert shown["digest"] == deletion["certificate"]["digest"]
    assert estate.arm(version)["tags"]["gallerist-certificate"] == shown["digest"][:16]
    (line, _) = [one for one in estate.evidence("lineage") if one["details"].get("retirement") == retirement]
    assert line["details"]["certificate"]["digest"] == shown["digest"]


def test_a_reference_that_appears_after_the_certificate_keeps_the_image(estate: Retiring) -> None:
    """The last look, immediately before the DELETE, waits for an answer of ARM; meanwhile a scale set is created."""
    image, retirement = estate.awaiting("late")
    estate.fault(method="GET", path=f"images/late/{AUTHORIZATION}/locks", skip=1, times=1)
    estate.approve(retirement)
    estate.eventually(lambda: estate.evidence(f"certificates/{retirement}"))
    estate.put(a_scale_set("late", image))

    estate.waits(retirement, "blocked")

    assert "virtualMachineScaleSets/late uses it" in estate.unmet(retirement)["unreferenced"]
    call_arm(estate.stack, "DELETE", a_scale_set("late", image)["id"]).raise_for_status()
    # the soak begins again, and the approval was for the former one
    waiting = estate.waits(retirement, "awaiting-approval")
    assert waiting["approval"] is None
    assert estate.deletes(image) == []
    estate.approve(retirement)
    estate.waits(retirement, "retired")


@pytest.mark.slow
def test_a_machine_that_is_being_made_blocks_and_one_that_is_there_does_not(estate: Retiring) -> None:
    image, retirement = estate.retired("machine")
    estate.stack.control(
        "POST", "transitions", {"override": {"id": a_machine("m", image)["id"], "pace": "seconds:9000"}}
    )
    estate.put(a_machine("m", image))
    estate.waits(retirement, "blocked")
    assert "virtualMachines/m uses it" in estate.unmet(retirement)["unreferenced"]
    estate.waits(retirement, "awaiting-approval")
    estate.approve(retirement)
    estate.waits(retirement, "retired")


def test_an_approval_that_never_comes_expires_the_retirement(estate: Retiring) -> None:
    image, retirement = estate.awaiting("forgotten")
    estate.stack.let_pass(timedelta(days=1))
    assert estate.retirement(retirement)["state"] == "awaiting-approval"
    end = estate.waits(retirement, "expired")
    assert end["reason"] == "nobody approved it within 2 days"
    assert estate.approve(retirement).status_code == 409
    assert estate.exists(image)
    # nothing new has happened, so another run of the migration begins none, also when its history is gone
    purge = f"{estate.stack.host['url']}/runtime/webhooks/durabletask/instances/{retirement}"
    assert estate.http.delete(purge).status_code == 200
    estate.start(image)
    assert estate.ended(image)["state"] == "completed"
    assert estate.http.get(f"{estate.stack.api}/retirements/{retirement}").status_code == 404
    # a person may begin it again
    assert estate.begin(image) == retirement
    estate.cancel(retirement)


def test_an_approval_for_an_image_that_was_re_created_is_refused(estate: Retiring) -> None:
    image, retirement = estate.awaiting("again")
    delete_image(estate.stack, image)
    estate.write(an_image("again", blob="other"))

    refused = estate.approve(retirement)

    assert (refused.status_code, "re-created" in refused.json()["detail"]) == (409, True)
    end = estate.waits(retirement, "kept")
    assert end["reason"] == "the image was re-created"
    assert estate.ended(image)["state"] == "completed"
    assert list(estate.versions("again")) == ["1.0.0", "1.0.1"]
    assert estate.exists(image)


def test_an_approval_given_twice_deletes_once(estate: Retiring) -> None:
    image, retirement = estate.awaiting("twice")
    assert [estate.approve(retirement).status_code for _ in range(2)] == [202, 202]
    estate.waits(retirement, "retired")
    assert len(estate.deletes(image)) == 1
    late = estate.approve(retirement)
    assert (late.status_code, late.json()["detail"].partition(":")[0]) == (409, "the retirement has ended")


@pytest.mark.slow
def test_an_approval_is_for_one_fingerprint_and_not_before_the_soak_is_over(estate: Retiring) -> None:
    _, retirement = estate.retired("early")
    estate.waits(retirement, "soaking")
    early = estate.approve(retirement)
    assert (early.status_code, "its soak lasts until" in early.json()["detail"]) == (409, True)
    estate.waits(retirement, "awaiting-approval")
    other = estate.approve(retirement, fingerprint="another")
    assert (other.status_code, "is for the fingerprint" in other.json()["detail"]) == (409, True)
    estate.cancel(retirement)


@pytest.mark.parametrize(
    ("decision", "state"), [("reject", "kept"), pytest.param("cancel", "cancelled", marks=pytest.mark.slow)]
)
def test_a_person_ends_a_retirement(estate: Retiring, decision: str, state: str) -> None:
    image, retirement = estate.awaiting(f"ended-by-{decision}")
    assert estate.post(f"retirements/{retirement}/{decision}", reason="still needed").status_code == 202
    end = estate.waits(retirement, state)
    assert end["reason"].endswith("by http: still needed")
    assert estate.post(f"retirements/{retirement}/{decision}", reason="again").status_code == 409
    assert estate.exists(image)


@pytest.mark.slow
@pytest.mark.parametrize("scope", ["image", "group", "subscription"])
def test_a_lock_blocks_until_it_is_removed(estate: Retiring, scope: str) -> None:
    image, retirement = estate.awaiting(f"locked-{scope}")
    scopes = {
        "image": image,
        "group": image.partition("/providers/")[0],
        "subscription": f"/subscriptions/{HERE}",
    }
    lock = {"scope": scopes[scope], "level": "CanNotDelete", "name": "keep"}
    estate.stack.control("POST", "locks", {"locks": [lock]})
    estate.approve(retirement)
    estate.waits(retirement, "blocked")
    assert estate.unmet(retirement)["unlocked"].endswith("/locks/keep (CanNotDelete)")
    estate.stack.control("POST", "locks", {"locks": []})
    # a lock does not start the soak again: the approval stands
    estate.waits(retirement, "retired")


def a_node_type(name: str, image: str, **more: str) -> dict[str, Any]:
    """A consumer of a kind that Gallerist does not understand; only Resource Graph sees it."""
    cluster = f"{GROUP}/providers/Microsoft.ServiceFabric/managedClusters/{name}"
    return {
        "id": f"{cluster}/nodeTypes/n",
        "location": "eastus2",
        "properties": {"vmImageResourceId": image, **more},
    }


def test_an_unknown_consumer_is_acknowledged_and_blocks_again_once_it_changes(estate: Retiring) -> None:
    image, retirement = estate.awaiting("fabric")
    node = a_node_type("fabric", image)
    estate.put({"id": node["id"].partition("/nodeTypes")[0], "location": "eastus2", "properties": {}})
    estate.put(node)
    estate.let_hours_pass(13)
    shown = estate.unmet(retirement)["unreferenced"]
    assert f"{node['id']} names it: unknown use" in shown
    digest = shown.rpartition("(")[2].rstrip(")")
    body = {"consumer": node["id"], "digest": digest, "reason": "it only names the image"}
    assert estate.post(f"retirements/{retirement}/acknowledge", **body).status_code == 202
    estate.waits(retirement, "awaiting-approval")

    estate.put(a_node_type("fabric", image, other="changed"))
    estate.let_hours_pass(13)
    changed = estate.unmet(retirement)["unreferenced"].rpartition("(")[2].rstrip(")")
    assert changed != digest
    estate.post(f"retirements/{retirement}/acknowledge", **{**body, "digest": changed})
    estate.waits(retirement, "awaiting-approval")
    estate.approve(retirement)
    estate.waits(retirement, "retired")

    certificate, _ = estate.evidence(f"certificates/{retirement}")
    accepted = {one["digest"]: (one["by"], one["reason"]) for one in certificate["acknowledgements"]}
    assert accepted == dict.fromkeys((digest, changed), ("http", "it only names the image"))


@pytest.mark.slow
def test_what_only_the_provider_sees_keeps_an_image(estate: Retiring) -> None:
    """A Batch pool has no machine of ours, and Resource Graph does not show it yet."""
    image, retirement = estate.awaiting("pooled")
    estate.stack.control("POST", "switches", {"resource_graph_lag_seconds": 10**8})
    account = f"{GROUP}/providers/Microsoft.Batch/batchAccounts/jobs"
    configuration = {"virtualMachineConfiguration": {"imageReference": {"id": image}}}
    estate.put({"id": account, "location": "eastus2", "properties": {}})
    pool = {"id": f"{account}/pools/p", "location": "eastus2"}
    estate.put({**pool, "properties": {"deploymentConfiguration": configuration}})
    estate.approve(retirement)
    estate.waits(retirement, "blocked")
    assert "Batch pool" in estate.unmet(retirement)["unreferenced"]
    assert estate.deletes(image) == []
    estate.cancel(retirement)
    estate.stack.control("POST", "switches", {"resource_graph_lag_seconds": 0})


def test_a_freeze_stops_a_deletion_at_once(estate: Retiring) -> None:
    image, retirement = estate.awaiting("frozen")
    assert estate.post("freeze", frozen=True, reason="an incident").json()["frozen"] is True
    estate.approve(retirement)
    estate.waits(retirement, "blocked")
    assert estate.unmet(retirement) == {"permitted": "http stopped all deletions: an incident"}
    assert estate.http.get(f"{estate.stack.api}/freeze").json()["frozen"] is True
    assert estate.exists(image)
    estate.post("freeze", frozen=False, reason="over")
    estate.waits(retirement, "retired")


@pytest.mark.slow
def test_no_more_images_than_the_cap_are_deleted_in_a_day(estate: Retiring) -> None:
    """Two are approved at the same time: one waits until the other is a day old."""
    images = [estate.migrated(name) for name in ("capped-1", "capped-2")]
    estate.let_hours_pass(24)
    retirements = [estate.begin(image) for image in images]
    for retirement in retirements:
        estate.waits(retirement, "awaiting-approval")
    assert [estate.approve(retirement).status_code for retirement in retirements] == [202, 202]
    estate.let_hours_pass(20)
    states = [estate.retirement(retirement)["state"] for retirement in retirements]
    assert sorted(states) == ["blocked", "retired"]
    waiting = retirements[states.index("blocked")]
    assert estate.unmet(waiting)["permitted"].startswith("1 images were deleted within 24 hours")
    estate.waits(waiting, "retired")


@pytest.mark.slow
def test_a_subscription_that_cannot_be_read_blocks_until_it_can(estate: Retiring) -> None:
    image, retirement = estate.awaiting("unreadable")
    refusal = {"status": 403, "code": "AuthorizationFailed", "message": "no", "times": 1000}
    estate.fault(method="GET", path=f"{THERE}/providers/Microsoft.Compute/virtualMachines", **refusal)
    estate.approve(retirement)
    estate.waits(retirement, "blocked")
    assert f"virtual machine in {THERE} could not be read" in estate.unmet(retirement)["unreferenced"]
    estate.stack.control("DELETE", "faults")
    estate.waits(retirement, "awaiting-approval")
    assert estate.deletes(image) == []
    estate.cancel(retirement)


REFUSALS = [
    (
        409,
        "OperationNotAllowedOnVMImageAsVMsBeingProvisioned",
        "it passes when the machines have been created",
    ),
    (403, "RequestDisallowedByPolicy", "The owner of the Azure Policy assignment"),
    (403, "DenyAssignmentAuthorizationFailed", "The owner of the deployment stack"),
    (409, "ScopeLocked", "Whoever set the lock"),
]


@pytest.mark.parametrize(
    ("status", "code", "fix"),
    [REFUSALS[0], *(pytest.param(*one, marks=pytest.mark.slow) for one in REFUSALS[1:])],
    ids=[code for _, code, _ in REFUSALS],
)
def test_a_refusal_of_azure_is_shown_and_the_image_deleted_later(
    estate: Retiring, status: int, code: str, fix: str
) -> None:
    name = f"refused-{code.lower()}"[:40]
    image, retirement = estate.awaiting(name)
    estate.fault(method="DELETE", path=f"images/{name}", status=status, code=code, message="no", times=1)
    estate.approve(retirement)
    blocked = estate.waits(retirement, "blocked")
    assert (blocked["refusal"]["code"], fix in blocked["refusal"]["fix"]) == (code, True)
    estate.waits(retirement, "retired")
    # each DELETE has a certificate of its own
    assert [entry["status"] for entry in estate.deletes(image)] == [status, 202]
    assert len(estate.evidence(f"certificates/{retirement}")) == 3


@pytest.mark.slow
def test_a_delete_whose_answer_is_lost_is_not_sent_twice(estate: Retiring) -> None:
    image, retirement = estate.awaiting("lost")
    estate.fault(kind="lost-answer", method="DELETE", path="images/lost", times=1)
    estate.approve(retirement)
    estate.waits(retirement, "retired")
    assert len(estate.deletes(image)) == 1
    _, deletion = estate.evidence(f"certificates/{retirement}")
    assert deletion["delete_answered"] is False


def test_strict_denies_new_machines_until_the_retirement_ends(estate: Retiring) -> None:
    image, retirement = estate.awaiting("strict-1")
    name = f"gallerist-retire-{retirement.removeprefix('retirement-')}"
    assignments = [f"/subscriptions/{one}/{AUTHORIZATION}/policyAssignments/{name}" for one in (HERE, THERE)]
    assert [call_arm(estate.stack, "GET", one).status_code for one in assignments] == [200, 200]
    machine = a_machine("denied", image)
    denied = call_arm(estate.stack, "PUT", machine["id"], machine)
    assert (denied.status_code, denied.json()["error"]["code"]) == (403, "RequestDisallowedByPolicy")
    estate.approve(retirement)
    estate.waits(retirement, "retired")
    assert [call_arm(estate.stack, "GET", one).status_code for one in assignments] == [404, 404]


@pytest.mark.slow
def test_the_last_look_begins_after_the_policy_assignment_applies(estate: Retiring) -> None:
    """Somebody removes it: it is placed again, and everything is read again a quarter of an hour later."""
    image, retirement = estate.awaiting("strict-2")
    name = f"gallerist-retire-{retirement.removeprefix('retirement-')}"
    assignment = f"/subscriptions/{THERE}/{AUTHORIZATION}/policyAssignments/{name}"
    call_arm(estate.stack, "DELETE", assignment).raise_for_status()
    removed = estate.stack.now()
    estate.approve(retirement)
    estate.waits(retirement, "retired")
    (delete,) = estate.deletes(image)
    assert datetime.fromisoformat(delete["time"]) - removed >= timedelta(minutes=15)


@pytest.mark.slow
def test_strict_ends_with_a_retirement_that_keeps_its_image(estate: Retiring) -> None:
    image, retirement = estate.awaiting("strict-3")
    estate.post(f"retirements/{retirement}/reject", reason="no")
    estate.waits(retirement, "kept")
    machine = a_machine("allowed", image)
    assert call_arm(estate.stack, "PUT", machine["id"], machine).status_code == 201


@pytest.mark.slow
def test_the_versions_of_both_galleries_replace_the_image(estate: Retiring) -> None:
    image, retirement = estate.retired("twin-1")
    versions = [f"{gallery}/images/twin-1/versions/1.0.0" for gallery in (GALLERY, TWIN)]
    estate.waits(retirement, "awaiting-approval")
    assert [bool(estate.arm(one)["tags"].get("gallerist-lock")) for one in versions] == [True, True]
    call_arm(estate.stack, "DELETE", versions[1]).raise_for_status()
    estate.approve(retirement)
    estate.waits(retirement, "blocked")
    assert estate.unmet(retirement)["replicated"].startswith(
        f"{versions[1]}: its provisioning state is Deleting"
    )
    assert estate.exists(image)
    estate.cancel(retirement)


@pytest.mark.slow
def test_an_end_of_life_of_the_policy_protects_the_version(estate: Retiring) -> None:
    _, retirement = estate.retired("dated-1")
    estate.waits(retirement, "soaking")
    version = estate.arm(f"{GALLERY}/images/dated-1/versions/1.0.0")
    assert version["properties"]["safetyProfile"]["blockDeletionBeforeEndOfLife"] is True
    assert "gallerist-lock" not in version["tags"]
    refused = call_arm(estate.stack, "DELETE", version["id"])
    assert refused.json()["error"]["code"] == "DeleteGalleryImageVersionBlockedBeforeEndOfLife"
    estate.cancel(retirement)


def test_a_partial_migration_never_retires_its_image(estate: Retiring) -> None:
    estate.fault(kind="failed", region="westus2", version="/half/", times=1000)
    image = estate.write(an_image("half"))
    assert estate.ended(image)["state"] == "partial"
    refused = estate.post("retirements", image=image)
    assert (refused.status_code, "is partial, not completed" in refused.json()["detail"]) == (409, True)
    assert estate.post("retirements", image=an_image("unknown")["id"]).status_code == 404


@pytest.mark.slow
def test_the_oldest_of_a_family_goes_first(estate: Retiring) -> None:
    older = estate.migrated("family-1")
    estate.let_hours_pass(1)
    _, retirement = estate.retired("family-2", blob="newer")
    estate.waits(retirement, "blocked")
    assert estate.unmet(retirement)["permitted"] == f"the older image {older} of the family goes first"
    delete_image(estate.stack, older)
    estate.waits(retirement, "awaiting-approval")
    estate.cancel(retirement)


@pytest.mark.slow
def test_a_version_of_another_gallery_that_is_built_from_the_image_blocks(estate: Retiring) -> None:
    image, retirement = estate.awaiting("built")
    definition = {**estate.arm(f"{GALLERY}/images/built"), "id": f"{GALLERY}/images/others"}
    definition["properties"]["identifier"]["sku"] = "others"
    estate.put({key: definition[key] for key in ("id", "location", "properties")})
    version = f"{GALLERY}/images/others/versions/1.0.0"
    estate.stack.control("POST", "transitions", {"override": {"id": version, "pace": "seconds:9000"}})
    source = {"storageProfile": {"source": {"id": image}}}
    estate.put({"id": version, "location": "eastus2", "properties": source})
    estate.approve(retirement)
    estate.waits(retirement, "blocked")
    assert estate.unmet(retirement)["unreferenced"].startswith(
        f"image version {version} is made from it: it is still being made from the image: creating"
    )
    estate.waits(retirement, "awaiting-approval")
    estate.cancel(retirement)


def test_retirements_are_listed_and_unknown_ones_are_missing(estate: Retiring) -> None:
    _, retirement = estate.retired("listed")
    listed = estate.http.get(f"{estate.stack.api}/retirements").json()["retirements"]
    assert retirement in [one["id"] for one in listed]
    ended = estate.http.get(f"{estate.stack.api}/retirements?state=retired").json()["retirements"]
    assert {one["state"] for one in ended} <= {"retired"}
    assert estate.http.get(f"{estate.stack.api}/retirements/retirement-0").status_code == 404
    assert estate.http.get(f"{estate.stack.api}/retirements/retirement-0/certificate").status_code == 404
    assert estate.post("retirements/retirement-0/approve", fingerprint="f", reason="r").status_code == 404
    assert estate.post(f"retirements/{retirement}/approve", reason="").status_code == 400
    assert estate.post("retirements", image=an_image("listed")["id"]).status_code == 409
    estate.cancel(retirement)
