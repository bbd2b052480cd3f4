"""The operations of the HTTP API: one table, of one module per resource.

The OpenAPI document, the headings of docs/api.md and the client come from it, and a contract test compares it with the
routes of the app.
"""

from collections.abc import Mapping

from api.operations import (
    app,
    azure,
    batches,
    diff,
    explanations,
    migrations,
    policy,
    promotions,
    references,
    retention,
    retirements,
)
from api.operations.operation import Operation

__all__ = ["BY_NAME", "OPERATIONS", "Operation", "base_of", "operation_of"]

OPERATIONS: tuple[Operation, ...] = (
    *migrations.OPERATIONS,
    *azure.OPERATIONS,
    *explanations.OPERATIONS,
    *diff.OPERATIONS,
    *batches.OPERATIONS,
    *promotions.OPERATIONS,
    *retention.OPERATIONS,
    *policy.OPERATIONS,
    *references.OPERATIONS,
    *retirements.OPERATIONS,
    *app.OPERATIONS,
)
BY_NAME: Mapping[str, Operation] = {operation.name: operation for operation in OPERATIONS}


def operation_of(method: str, address: str) -> Operation:
    """The operation that a request is for.

    The longest path wins: the base of the API may itself end like a shorter one.

    Raises:
        ValueError: no operation has this method and address.
    """
    bases = {
        operation.name: base
        for operation in OPERATIONS
        if operation.method == method.upper() and (base := operation.base_of(address)) is not None
    }
    if not bases:
        raise ValueError(f"{method} {address} is not an operation of this API")
    return BY_NAME[min(bases, key=lambda name: len(bases[name]))]


def base_of(method: str, address: str) -> str:
    """The base of the API, as in `https://<app>.azurewebsites.net/api`, from the address of a request.

    Raises:
        ValueError: no operation has this method and address.
    """
    return operation_of(method, address).base_of(address) or ""
