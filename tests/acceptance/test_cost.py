"""What a migration costs in calls of storage, as Azurite logs them. Only the extension has storage."""

import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

from tests.acceptance.hosts import ExtensionHost
from tests.acceptance.marks import extension_only
from tests.acceptance.site import SEED, Site
from tests.workflow.estate import GALLERY, HERE, an_image

# of images in one batch, with one region and one look
IMAGES = 24
# measured: 79; a tenth more, for a slower machine looks at the batch more often
MOST_CALLS = 87
POLICY = f"""\
defaults:
  galleries: [{GALLERY}]
  regions: [eastus2]
  replication: {{first_poll_seconds: 10}}
"""
REPLICATION = "seconds:5"
# the log of Azurite: `127.0.0.1 - - [date] "GET /devstoreaccount1/queue/messages?numofmessages=32 HTTP/1.1" 200 -`
REQUEST = re.compile(r'"(?P<method>[A-Z]+) (?P<path>\S+) HTTP/1\.1" (?P<status>\d+)')
# not the migration's: queues are asked for messages again and again, also while nothing happens, this test reads the
# batch until it ends, and its timer looks for failed instances; leases are the host's
OTHERS = re.compile(
    r"/messages\?.*numofmessages=|GalleristInstances.*(%27|')batch-|RuntimeStatus|GalleristPartitions|applease"
)


@extension_only("the embedded host has a file of its own instead of storage")
def test_a_migration_costs_few_calls_of_storage(tmp_path: Path) -> None:
    images = [an_image(f"cost-{number}") for number in range(IMAGES)]
    seed = {**SEED, "resources": [*SEED["resources"], *images]}
    host = ExtensionHost(folder=tmp_path, seed=seed, policy=POLICY, transitions=REPLICATION)
    with host, Site(host) as site:
        host.control("POST", "switches", {"throttling": False})
        before = storage_calls(tmp_path)
        batch = site.ended_batch(site.start_batch(scope=[{"subscription": HERE}]))
        calls = storage_calls(tmp_path) - before

    assert batch["counts"] == {"completed": IMAGES}
    per_image = sum(calls.values()) / IMAGES
    assert per_image <= MOST_CALLS, dict(calls)


def storage_calls(folder: Path) -> Counter[str]:
    """How often each table and queue was called for the migrations."""
    (log,) = folder.glob("extension-*/azurite.log")
    requests = (REQUEST.search(line) for line in log.read_text(encoding="utf-8").splitlines())
    return Counter(
        request["method"] + " " + request["path"].partition("?")[0].rpartition("/devstoreaccount1")[2][:20]
        for request in requests
        if request and not (request["method"] in {"GET", "PUT"} and OTHERS.search(unquote(request["path"])))
    )
