"""The simulator responds to recorded requests as the real service did: status, headers, JSON fields and their values.

Known differences are listed here, and in COVERAGE.md with the reason. A listed difference that is gone fails the test.
"""

import re
from collections import defaultdict
from typing import Any

import pytest
from azure_compute_simulator import SimulatorServer
from recorded_exchanges import (
    Replay,
    Replayed,
    needs_recordings,
    paths,
    query_of,
    read_recording,
    values,
)

_CLI_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
_NET_SUBSCRIPTION = "24fb23e3-6ba3-41f0-9b6e-e41131d5d61e"

# headers that clients may rely on
_HEADERS = (
    "azure-asyncnotification",
    "azure-asyncoperation",
    "cache-control",
    "content-type",
    "expires",
    "location",
    "pragma",
    "strict-transport-security",
    "x-content-type-options",
    "x-ms-ratelimit-remaining-resource",
)
# headers whose value is always the same
_CONSTANT_HEADERS = ("cache-control", "content-type", "expires", "pragma", "strict-transport-security")

# times, ids from the service, and names that the recorder replaced in requests but not in responses
_NOT_COMPARED = re.compile(r"(startTime|endTime|publishedDate|endOfLifeDate|uniqueName)$")


def _disk(group: str, name: str) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{_CLI_SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Compute/disks/{name}",
        "storageAccountType": "Premium_LRS",
    }


def _cli_seed(group: str, location: str, os_disk: str, data_disk: str) -> dict[str, Any]:
    """Returns a seed with the machine from which the recorded session created its managed image."""
    machine = f"/subscriptions/{_CLI_SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines"
    return {
        "subscriptions": [{"id": _CLI_SUBSCRIPTION, "name": "recorded"}],
        "resourceGroups": [{"subscription": _CLI_SUBSCRIPTION, "name": group, "location": location}],
        "resources": [
            {
                "id": f"{machine}/vm1",
                "location": location,
                "properties": {
                    "storageProfile": {
                        "osDisk": {
                            "osType": "Linux",
                            "caching": "ReadWrite",
                            "diskSizeGB": 30,
                            "managedDisk": _disk(group, os_disk),
                        },
                        "dataDisks": [
                            {
                                "lun": 0,
                                "caching": "None",
                                "diskSizeGB": 10,
                                "managedDisk": _disk(group, data_disk),
                            }
                        ],
                    }
                },
            }
        ],
    }


SEEDS = {
    "azure-cli-gallery-e2e": _cli_seed(
        "clitest.rg000001",
        "eastus2",
        "vm1_disk1_a944002b881d4dfc8515baf99c4fef14",
        "vm1_disk2_0621a06e671a4b58a38f121892078a19",
    ),
    "azure-cli-image-update": _cli_seed(
        "cli_test_image_update_add_set_000001",
        "westus",
        "vm1_OsDisk_1_9817a83c71d3426d82ecb2d6995e9efd",
        "vm1_disk2_f0f2b594a7474a73a86c238cdf57bd8b",
    ),
    "dotnet-sdk-version-crud": {
        "subscriptions": [{"id": _NET_SUBSCRIPTION, "name": "recorded"}],
        "resourceGroups": [
            {"subscription": _NET_SUBSCRIPTION, "name": "galleryPsTestRg1751", "location": "eastus2"}
        ],
    },
}

# recorded in 2020, before operation URLs were signed
UNSIGNED = {"dotnet-sdk-version-crud"}

# the known differences of each recording, and the reasons
DIFFERENCES: dict[str, dict[str, str]] = {
    "azure-cli-gallery-e2e": {},
    "azure-cli-image-update": {},
    "dotnet-sdk-version-crud": {
        "header x-ms-ratelimit-remaining-resource not recorded": (
            "in 2020 the lists of versions had headers about partitions instead; "
            "the recordings of 2025 have the header"
        ),
    },
}


@needs_recordings
@pytest.mark.parametrize("recording", SEEDS)
def test_the_simulator_responds_as_recorded(recording: str) -> None:
    """Every difference in status, headers, fields or values is listed, and every listed difference exists."""
    with SimulatorServer(SEEDS[recording]) as simulator:
        simulator.switches.signed_operation_urls = recording not in UNSIGNED
        found: dict[str, list[int]] = defaultdict(list)
        for replayed in Replay(simulator, read_recording(recording)).run():
            for difference in _differences(replayed):
                found[difference].append(replayed.recorded.index)
    unexpected = {
        difference: where for difference, where in found.items() if difference not in DIFFERENCES[recording]
    }
    assert unexpected == {}
    assert DIFFERENCES[recording].keys() - found.keys() == set()


def _differences(replayed: Replayed) -> set[str]:
    return {
        *_status(replayed),
        *_headers(replayed),
        *_fields(replayed),
        *_values(replayed),
        *_operation(replayed),
    }


def _status(replayed: Replayed) -> list[str]:
    recorded, simulated = replayed.recorded.status, replayed.response.status_code
    return [] if recorded == simulated else [f"status {recorded}, not {simulated}"]


def _headers(replayed: Replayed) -> list[str]:
    recorded, simulated = replayed.recorded.headers, replayed.response.headers
    found = [f"header {name} missing" for name in _HEADERS if name in recorded and name not in simulated]
    found += [
        f"header {name} not recorded" for name in _HEADERS if name not in recorded and name in simulated
    ]
    for name in _CONSTANT_HEADERS:
        if name in recorded and name in simulated and recorded[name] != simulated[name]:
            found.append(f"header {name} is {simulated[name]}, not {recorded[name]}")
    return found


def _fields(replayed: Replayed) -> list[str]:
    recorded, simulated = paths(replayed.recorded.response), paths(_body(replayed))
    found = [f"field {path} missing" for path in recorded - simulated]
    return found + [f"field {path} not recorded" for path in simulated - recorded]


def _values(replayed: Replayed) -> list[str]:
    recorded, simulated = values(replayed.recorded.response), values(_body(replayed))
    return [
        f"value {path} is {simulated[path]!r}, not {recorded[path]!r}"
        for path in recorded.keys() & simulated.keys()
        if not _NOT_COMPARED.search(path) and not _same(path, recorded[path], simulated[path], replayed)
    ]


def _same(path: str, recorded: Any, simulated: Any, replayed: Replayed) -> bool:
    if path == ".name" and replayed.recorded.operation:
        return True  # the id of the operation
    if path.endswith(".id") and "/resourceGroups/CLITEST" in str(recorded):
        # the recorder replaced the group's name only where it was in lower case; its case is what matters
        return bool(re.search(r"/resourceGroups/[^/a-z]+/", str(simulated)))
    return bool(recorded == simulated)


def _operation(replayed: Replayed) -> list[str]:
    """Compares family, location and query names of the operation's URL; the request id must be the operation's id."""
    recorded, simulated = replayed.recorded.headers, replayed.response.headers
    both = [name for name in ("azure-asyncoperation", "location") if name in recorded and name in simulated]
    found = [
        difference for name in both for difference in _operation_url(name, recorded[name], simulated[name])
    ]
    if "x-ms-request-id" in recorded and replayed.recorded.started_operation:
        same = simulated["x-ms-request-id"] in simulated["azure-asyncoperation"]
        found += [] if same else ["x-ms-request-id is not the operation's id"]
    return found


def _operation_url(name: str, recorded: str, simulated: str) -> list[str]:
    def family(url: str) -> str:
        return re.sub(r"^https?://[^/]+|/[0-9a-f-]{36}\?.*$", "", url)

    found = []
    if family(recorded).lower() != family(simulated).lower():
        found.append(f"{name} is {family(simulated)}, not {family(recorded)}")
    if list(query_of(recorded)) != list(query_of(simulated)):
        found.append(f"{name} has the query {list(query_of(simulated))}, not {list(query_of(recorded))}")
    return found


def _body(replayed: Replayed) -> Any:
    return replayed.response.json() if replayed.response.content else None
