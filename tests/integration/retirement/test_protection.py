"""A protected version keeps everything else that it has; the simulated PUT resets what it does not send."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest
from azure.core.rest import HttpRequest
from azure_compute_simulator import SimulatorServer

from adapters.azure.arm import Arm, parse_object
from adapters.azure.retiring import Retiring
from adapters.azure.rewriting import existing_version
from domain.errors import ArmError
from domain.resources.ids import ImageVersionId
from domain.resources.provenance import FINGERPRINT_TAG
from domain.retirement.protection import Protection
from tests.integration.retirement.retired_image import UEFI, VERSION
from tests.workflow.estate import GALLERY, HERE

END_OF_LIFE = datetime.now(UTC).replace(microsecond=0) + timedelta(days=400)
LOCKED_UNTIL = END_OF_LIFE + timedelta(days=1)
PROTECTIONS = {
    "by its end of life": Protection(version_id=VERSION, end_of_life=END_OF_LIFE),
    "by our tag": Protection(version_id=VERSION, tag_until=LOCKED_UNTIL),
}


@pytest.mark.parametrize("how", PROTECTIONS)
async def test_protection_keeps_everything_else_of_the_version(arm: Arm, how: str) -> None:
    """The simulated PUT resets what it does not send."""
    before = (await existing_version(arm, VERSION)).resource
    assert before["properties"]["securityProfile"] == {"uefiSettings": UEFI}

    await Retiring(arm).begin_protection(PROTECTIONS[how])

    expected = deepcopy(before)
    if how == "by our tag":
        expected["tags"]["gallerist-lock"] = LOCKED_UNTIL.isoformat()
    else:
        expected["properties"]["safetyProfile"]["blockDeletionBeforeEndOfLife"] = True
        expected["properties"]["publishingProfile"]["endOfLifeDate"] = END_OF_LIFE.isoformat()
    assert (await existing_version(arm, VERSION)).resource == expected


async def test_a_protected_version_is_not_deleted_before_its_end_of_life(arm: Arm) -> None:
    retiring = Retiring(arm)
    await retiring.begin_protection(PROTECTIONS["by its end of life"])
    read = await retiring.get_version(VERSION)
    assert read is not None
    assert (read.deletion_blocked, read.version.end_of_life) == (True, END_OF_LIFE)
    url = f"{arm.endpoint}{VERSION}?api-version=2024-03-03"
    answer = await arm.client(HERE).send_request(HttpRequest("DELETE", url))
    code = parse_object(answer)["error"]["code"]
    assert (answer.status_code, code) == (409, "DeleteGalleryImageVersionBlockedBeforeEndOfLife")


async def test_a_version_whose_end_of_life_has_passed_is_tagged(arm: Arm, server: SimulatorServer) -> None:
    """A write refuses a date that has passed ("must be set to a future date", documented)."""
    retiring = Retiring(arm)
    await retiring.begin_protection(PROTECTIONS["by its end of life"])
    server.skip_time(timedelta(days=500).total_seconds())
    await retiring.tag_version(VERSION, {"gallerist-certificate": "c"})
    until = server.clock.now() + timedelta(days=30)
    await retiring.begin_protection(Protection(version_id=VERSION, tag_until=until))
    read = await retiring.get_version(VERSION)
    assert read is not None
    assert read.version.tags == {
        "team": "blue",
        FINGERPRINT_TAG: "f",
        "gallerist-certificate": "c",
        "gallerist-lock": until.isoformat(timespec="seconds"),
    }


async def test_a_version_that_does_not_exist_is_read_as_none_and_not_written(arm: Arm) -> None:
    missing = ImageVersionId.parse(f"{GALLERY}/images/web/versions/9.9.9")
    assert await Retiring(arm).get_version(missing) is None
    with pytest.raises(ArmError, match="ResourceNotFound"):
        await Retiring(arm).tag_version(missing, {"a": "b"})
