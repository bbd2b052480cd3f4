"""The checks of what comes with an image and its gallery: edge zone, encryption, tags, sharing, shallow versions."""

import pytest

from domain.planning.checks.gallery import check_replication_mode
from domain.planning.checks.image import check_edge_zone, check_source_encryption, check_tags
from domain.planning.checks.sharing import check_sharing
from domain.resources.galleries import Gallery, TargetRegion
from domain.resources.ids import GalleryId
from domain.resources.images import Disk, ManagedImage, PurchasePlan
from domain.resources.provenance import version_tags
from tests.unit.builders import GALLERY, NOW, PROVIDER, disk, gallery, image, version

KEYS = f"{PROVIDER}/diskEncryptionSets/keys"
AWAY = GalleryId("99999999-2222-3333-4444-555555555555", "images", ("golden",))
PLAIN = [TargetRegion(name="westeurope")]
ENCRYPTED = [TargetRegion(name="westeurope", disk_encryption_set=KEYS)]
PLAN = PurchasePlan(name="gen2", product="rocky", publisher="resf")


def encrypted(name: str = "os", lun: int | None = None) -> Disk:
    return Disk(source=disk(name).source, size_gb=30, lun=lun, disk_encryption_set=KEYS)


def test_an_image_in_an_edge_zone_is_a_warning() -> None:
    (check,) = check_edge_zone(image(edge_zone="losangeles"))
    assert check.verdict == "warned"
    assert check.detail.startswith("the image is in the edge zone losangeles of westeurope")
    assert check.fix
    assert check_edge_zone(image()) == []


@pytest.mark.parametrize(
    "source",
    [image(os_disk=encrypted()), image(data_disks=[encrypted("data", lun=0)])],
    ids=["OS disk", "data disk"],
)
def test_an_encrypted_image_needs_a_gallery_in_its_own_subscription(source: ManagedImage) -> None:
    """Documented: the service refuses an encrypted source in another subscription. Further galleries copy a version."""
    (check,) = check_source_encryption(source, [AWAY, GALLERY], ENCRYPTED)
    assert check.verdict == "failed"
    assert str(AWAY) in check.detail
    assert "name a gallery in the image's subscription first" in (check.fix or "")
    (check,) = check_source_encryption(source, [GALLERY, AWAY], PLAIN)
    assert check.verdict == "warned"


def test_an_encrypted_image_without_encrypted_regions_is_a_warning() -> None:
    """The version would silently have the platform's key."""
    (check,) = check_source_encryption(image(os_disk=encrypted()), [GALLERY], PLAIN)
    assert (check.verdict, "the platform's key only" in check.detail) == ("warned", True)
    (check,) = check_source_encryption(image(os_disk=encrypted()), [GALLERY], ENCRYPTED)
    assert check.verdict == "passed"


def test_an_image_under_the_platforms_key_may_go_anywhere() -> None:
    assert check_source_encryption(image(), [AWAY], PLAIN) == []


def test_a_private_gallery_is_not_mentioned() -> None:
    assert check_sharing(image(), gallery(), ENCRYPTED, PLAN) == []


@pytest.mark.parametrize("sharing", ["Groups", "Community"])
def test_a_shared_gallery_can_hold_no_encrypted_version(sharing: str) -> None:
    """Documented for both kinds of sharing."""
    (check,) = check_sharing(image(), shared(sharing), ENCRYPTED, None)
    assert check.verdict == "failed"
    assert f"gallery golden is shared ({sharing})" in check.detail
    assert "name a private gallery" in (check.fix or "")


def test_a_gallery_shared_with_groups_says_so() -> None:
    (check,) = check_sharing(image(), shared("Groups"), PLAIN, PLAN)
    assert (check.verdict, check.detail) == (
        "passed",
        "shared (Groups): others can create VMs from the version",
    )


def test_a_community_gallery_is_a_warning_with_everything_that_will_not_work() -> None:
    checks = check_sharing(image(), shared("Community", "northeurope"), PLAIN, PLAN)
    assert [check.verdict for check in checks] == ["warned"] * 3
    assert "everybody in Azure" in checks[0].detail
    assert "sees only what is in the gallery's region northeurope" in checks[1].detail
    assert "marketplace" in checks[2].detail
    assert len(check_sharing(image(), shared("Community", "westeurope"), PLAIN, None)) == 1


def shared(sharing: str, location: str = "westeurope") -> Gallery:
    found = gallery(location=location)
    found.sharing = sharing
    return found


def test_a_shallow_version_is_no_copy_of_the_image() -> None:
    (check,) = check_replication_mode(version(replication_mode="Shallow"))
    assert (check.verdict, check.fix is not None) == ("failed", True)
    assert "version 1.0.0 of this image is shallow" in check.detail
    assert check_replication_mode(version()) == []
    assert check_replication_mode(None) == []


def test_tags_that_do_not_fit_are_named() -> None:
    """The policy's tags come first, so that what an organization requires is never lost."""
    crowded = image(tags={f"t{number:02}": "v" for number in range(50)})
    chosen = {"costCenter": "4711"}
    tags = version_tags(crowded, "test", "rule", NOW, chosen)
    (check,) = check_tags(crowded, chosen, tags)
    assert check.verdict == "warned"
    assert "t42, t43, t44, t45, t46, t47, t48, t49 are left out" in check.detail
    assert (len(tags), tags["costCenter"]) == (50, "4711")


def test_tags_that_fit_are_not_mentioned() -> None:
    """A tag of Gallerist on the image is no tag that anybody misses on the version."""
    tagged = image(tags={"team": "web", "gallerist:version": "1.0.0", "COSTCENTER": "old"})
    chosen = {"costCenter": "4711"}
    tags = version_tags(tagged, "test", "rule", NOW, chosen)
    assert check_tags(tagged, chosen, tags) == []
    assert (tags["team"], tags["costCenter"], "COSTCENTER" in tags) == ("web", "4711", False)


def test_a_tag_of_the_policy_that_becomes_too_long_fails() -> None:
    (check,) = check_tags(image(), {"path": "x" * 257}, {})
    assert (check.verdict, "path" in check.detail, "'tags' in the policy" in (check.fix or "")) == (
        "failed",
        True,
        True,
    )
