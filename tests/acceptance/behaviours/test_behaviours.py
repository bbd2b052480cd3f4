"""Both hosts do what the real extension was recorded doing, behaviour by behaviour.

`make test` compares the embedded host with the recording, and `make test-extension` the extension too: so the recording
cannot age, and a difference between the two hosts fails.
"""

import json
from collections.abc import Iterator

import pytest

from tests.acceptance.behaviours.deploying import DEPLOYMENTS, Deployments
from tests.acceptance.behaviours.observing import BEHAVIOURS, Hub
from tests.acceptance.behaviours.record import RECORDED, running_deployments, running_hub
from tests.acceptance.hosts import EmbeddedHost, ExtensionHost, extension_version
from tests.acceptance.marks import HOST

RECORDING = json.loads(RECORDED.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def hub(
    tmp_path_factory: pytest.TempPathFactory, host_type: type[EmbeddedHost | ExtensionHost]
) -> Iterator[Hub]:
    """The app of this folder on the host that the tests run on."""
    with running_hub(tmp_path_factory.mktemp("behaviours"), host_type.name) as hub:
        yield hub


@pytest.fixture(scope="module")
def deployments(
    tmp_path_factory: pytest.TempPathFactory, host_type: type[EmbeddedHost | ExtensionHost]
) -> Iterator[Deployments]:
    """A copy of the app, to be deployed with other settings, on the host that the tests run on."""
    with running_deployments(tmp_path_factory.mktemp("deployments"), host_type.name) as deployments:
        yield deployments


@pytest.mark.parametrize("name", [pytest.param(name, id=name.replace(" ", "-")) for name in BEHAVIOURS])
def test_the_host_does_what_the_extension_was_recorded_doing(hub: Hub, name: str) -> None:
    assert BEHAVIOURS[name](hub) == RECORDING["answers"][name]


@pytest.mark.parametrize("name", [pytest.param(name, id=name.replace(" ", "-")) for name in DEPLOYMENTS])
def test_a_deployment_does_what_the_extension_was_recorded_doing(deployments: Deployments, name: str) -> None:
    assert DEPLOYMENTS[name](deployments) == RECORDING["answers"][name]


def test_every_behaviour_is_recorded() -> None:
    """A behaviour without a recording would be compared with nothing, and one without a name never."""
    assert sorted(RECORDING["answers"]) == sorted([*BEHAVIOURS, *DEPLOYMENTS])


@pytest.mark.skipif(
    HOST != "extension", reason="the extension is not installed for the tests of the embedded host"
)
def test_the_recording_is_of_the_extension_that_is_installed() -> None:
    assert RECORDING["extension"] == extension_version()
