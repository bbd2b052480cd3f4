"""The ids of orchestrations and entities fit both backends: the Durable Task Scheduler takes 100 ASCII characters."""

import hashlib

import pytest

from domain import names
from domain.fleet.batches import BATCH_ID_PREFIX
from domain.migration.messages import child_instance_id
from domain.migration.publishing import ledger_key
from domain.promotion.messages import promotion_id
from domain.records.notices import NOTICE_ID_PREFIX
from domain.references.repoint import repoint_id
from domain.resources.ids import ImageDefinitionId, ImageId, ImageVersionId
from domain.resources.provenance import migration_id
from domain.retention.restore import restore_id
from domain.retention.run import retention_id
from domain.retirement.messages import retirement_id
from tests.unit.builders import CREATED, SUBSCRIPTION

# documented: "Durable Task Scheduler", limitations
LONGEST_ID = 100
COMPUTE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{'g' * 88}é/providers/Microsoft.Compute"
IMAGE = ImageId.parse(f"{COMPUTE}/images/{'i' * 80}")
DEFINITION = ImageDefinitionId.parse(f"{COMPUTE}/galleries/{'g' * 80}/images/{'d' * 80}")
VERSION = ImageVersionId.parse(f"{DEFINITION}/versions/2147483647.2147483647.2147483647")
STEPS = (
    names.PREPARE_DEFINITION,
    names.PUBLISH_VERSION,
    names.VERIFY_VERSION,
    names.ADD_REGIONS,
    names.FIND_USERS,
)
ENTITIES = (
    names.VERSION_LEDGER,
    names.INTERRUPTIONS,
    names.LATEST_WATCH,
    names.GALLERY_HINTS,
    names.DEFINITION_DURATIONS,
)
# the moment of an execution to the microsecond, and the attempt
RUN = f"{CREATED:%Y%m%d%H%M%S%f}-100"
HASH = hashlib.sha256(b"").hexdigest()
IDS = {
    "migration": migration_id(IMAGE),
    "batch": f"{BATCH_ID_PREFIX}{HASH[:32]}",
    "promotion": promotion_id(DEFINITION),
    "retention": retention_id(DEFINITION),
    "restore": restore_id(VERSION),
    "repoint": repoint_id(VERSION, [str(IMAGE)] * 20),
    "retirement": retirement_id(IMAGE, "f" * 64),
    "notice": f"{NOTICE_ID_PREFIX}{HASH[:32]}",
    **{f"child {step}": child_instance_id(step, migration_id(IMAGE), RUN, str(VERSION)) for step in STEPS},
    # an entity is an instance, too: "@name@key" (documented)
    **{f"entity {name}": f"@{name}@{ledger_key(DEFINITION)}" for name in ENTITIES},
}


@pytest.mark.parametrize("kind", IDS)
def test_an_id_has_at_most_a_hundred_ascii_characters(kind: str) -> None:
    """However long the names of resources are, and in whatever alphabet."""
    assert len(IDS[kind]) <= LONGEST_ID
    assert IDS[kind].isascii()


def test_the_keys_of_entities_are_hashes_of_the_same_length() -> None:
    assert len(DEFINITION.digest) == len(DEFINITION.gallery.digest) == len(ledger_key(DEFINITION)) == 64
