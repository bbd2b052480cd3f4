"""The table of operations finds the API's own address in every request."""

import pytest

from api.links import Addresses
from api.operations import OPERATIONS, Operation, base_of

BASES = [
    "https://gallerist.example/api",
    "http://127.0.0.1:7071/api",
    "https://gateway.example/images/v1/api",
]


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("end", ["", "/"], ids=["", "with a slash at the end"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_operation_knows_the_base_of_its_address(operation: Operation, end: str, base: str) -> None:
    """Links would be wrong otherwise."""
    address = f"{base}/{operation.path.format(id='migration-12')}{end}"
    assert base_of(operation.method, address) == base


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "migrations"), ("GET", "migration"), ("GET", "migrations/1/regions")]
)
def test_an_address_that_is_not_an_operations_is_refused(method: str, path: str) -> None:
    with pytest.raises(ValueError, match="is not an operation of this API"):
        base_of(method, f"{BASES[0]}/{path}")


def test_no_two_operations_share_a_name_or_an_address() -> None:
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS)
    assert len({(operation.method, operation.path) for operation in OPERATIONS}) == len(OPERATIONS)
    assert len({operation.title for operation in OPERATIONS}) == len(OPERATIONS)


def test_links_lead_to_operations() -> None:
    links = Addresses(BASES[0])
    for address in (links.migration("migration-1"), links.batch("batch-1"), links.migrations().rstrip("?")):
        assert base_of("GET", address) == BASES[0]


def test_an_id_of_a_batch_leads_to_the_batch_and_any_other_to_a_migration() -> None:
    links = Addresses(BASES[0])
    assert links.of("batch-1") == links.batch("batch-1")
    assert links.of("migration-1") == links.migration("migration-1")
