"""The simulator answers recorded requests as the real service did: status, headers, JSON fields and their values.

What differs is listed here, and in the simulator's COVERAGE.md with the reason; an entry that no longer differs fails.
"""

import re
from collections import defaultdict
from typing import Any

import pytest
from azure_compute_simulator.server import SimulatorServer
from recorded_exchanges import RECORDINGS, Replay, Replayed, paths, query_of, read_recording, values

_CLI_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
_NET_SUBSCRIPTION = "24fb23e3-6ba3-41f0-9b6e-e41131d5d61e"

# headers whose presence a client may rely on
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
# headers whose whole value is the same each time
_CONSTANT_HEADERS = ("cache-control", "content-type", "expires", "pragma", "strict-transport-security")

# times, ids made by the service, and names that the recorder replaced in requests but not in answers
_NOT_COMPARED = re.compile(r"(startTime|endTime|publishedDate|endOfLifeDate|uniqueName)$")


def _disk(group: str, name: str) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{_CLI_SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Compute/disks/{name}",
        "storageAccountType": "Premium_LRS",
    }


def _cli_seed(group: str, location: str, os_disk: str, data_disk: str) -> dict[str, Any]:
    """The machine from which the recorded session made its managed image."""
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

# what differs: recording → difference → why; checked in both directions
DIFFERENCES: dict[str, dict[str, str]] = {
    "azure-cli-gallery-e2e": {},
    "azure-cli-image-update": {},
    "dotnet-sdk-version-crud": {
        "header x-ms-ratelimit-remaining-resource not recorded": (
            "in 2020 lists of versions were gathered from partitions and named those requests instead; "
            "the recordings of 2025 have the header"
        ),
    },
}


@pytest.mark.parametrize("recording", SEEDS)
def test_the_recorded_life_cycle_is_answered_as_recorded(recording: str) -> None:
    """Every difference in status, headers, fields or values is a listed one, and every listed one still differs."""
    if not RECORDINGS.is_dir():
        pytest.skip("the folder with the recordings is not beside the repository")
    with SimulatorServer(SEEDS[recording]) as simulator:
        simulator.set_switches(signed_operation_urls=recording not in UNSIGNED)
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
    recorded, answered = replayed.recorded.status, replayed.answer.status_code
    return [] if recorded == answered else [f"status {recorded}, not {answered}"]


def _headers(replayed: Replayed) -> list[str]:
    recorded, answered = replayed.recorded.headers, replayed.answer.headers
    found = [f"header {name} missing" for name in _HEADERS if name in recorded and name not in answered]
    found += [f"header {name} not recorded" for name in _HEADERS if name not in recorded and name in answered]
    for name in _CONSTANT_HEADERS:
        if name in recorded and name in answered and recorded[name] != answered[name]:
            found.append(f"header {name} is {answered[name]}, not {recorded[name]}")
    return found


def _fields(replayed: Replayed) -> list[str]:
    recorded, answered = paths(replayed.recorded.response), paths(_body(replayed))
    found = [f"field {path} missing" for path in recorded - answered]
    return found + [f"field {path} not recorded" for path in answered - recorded]


def _values(replayed: Replayed) -> list[str]:
    recorded, answered = values(replayed.recorded.response), values(_body(replayed))
    return [
        f"value {path} is {answered[path]!r}, not {recorded[path]!r}"
        for path in recorded.keys() & answered.keys()
        if not _NOT_COMPARED.search(path) and not _same(path, recorded[path], answered[path], replayed)
    ]


def _same(path: str, recorded: Any, answered: Any, replayed: Replayed) -> bool:
    if path == ".name" and replayed.recorded.operation:
        return True  # the operation's own id
    if path.endswith(".id") and "/resourceGroups/CLITEST" in str(recorded):
        # the recorder replaced the group's name only where it was in lower case; its case is what matters
        return bool(re.search(r"/resourceGroups/[^/a-z]+/", str(answered)))
    return bool(recorded == answered)


def _operation(replayed: Replayed) -> list[str]:
    """The operation's URL has the recorded family, location and query names, and the request id is its id."""
    recorded, answered = replayed.recorded.headers, replayed.answer.headers
    both = [name for name in ("azure-asyncoperation", "location") if name in recorded and name in answered]
    found = [
        difference for name in both for difference in _operation_url(name, recorded[name], answered[name])
    ]
    if "x-ms-request-id" in recorded and replayed.recorded.started_operation:
        same = answered["x-ms-request-id"] in answered["azure-asyncoperation"]
        found += [] if same else ["x-ms-request-id is not the operation's id"]
    return found


def _operation_url(name: str, recorded: str, answered: str) -> list[str]:
    def family(url: str) -> str:
        return re.sub(r"^https?://[^/]+|/[0-9a-f-]{36}\?.*$", "", url)

    found = []
    if family(recorded).lower() != family(answered).lower():
        found.append(f"{name} is {family(answered)}, not {family(recorded)}")
    if list(query_of(recorded)) != list(query_of(answered)):
        found.append(f"{name} has the query {list(query_of(answered))}, not {list(query_of(recorded))}")
    return found


def _body(replayed: Replayed) -> Any:
    return replayed.answer.json() if replayed.answer.content else None
