"""Resources that ARM creates in the background: usable only when ARM has finished with them."""

import pytest

from domain.errors import NotYetError
from domain.resources.provisioning import Provisioned
from tests.unit.builders import definition, image, version


@pytest.mark.parametrize("state", ["Creating", "Updating"])
@pytest.mark.parametrize(
    ("build", "named"),
    [
        (image, "managed image web-20260115"),
        (definition, "image definition web-20260115"),
        (version, "image version 1.0.0"),
    ],
    ids=["image", "definition", "version"],
)
def test_a_resource_that_arm_still_changes_is_not_settled(build: object, named: str, state: str) -> None:
    with pytest.raises(NotYetError, match=f"^{named} is in provisioning state {state}$"):
        build(provisioning_state=state).settled()


@pytest.mark.parametrize("state", ["Succeeded", "Failed"])
@pytest.mark.parametrize("build", [image, definition, version], ids=["image", "definition", "version"])
def test_a_resource_that_arm_has_finished_is_settled(build: object, state: str) -> None:
    resource: Provisioned = build(provisioning_state=state)
    assert resource.settled() is resource
