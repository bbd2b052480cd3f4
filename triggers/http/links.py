"""Finds the API's own address in a request."""

import azure.functions as func

from api.links import Addresses
from api.operations import base_of


def addresses(req: func.HttpRequest) -> Addresses:
    """The API's addresses, on the host and under the prefix that the caller used."""
    return Addresses(base_of(req.method, req.url.partition("?")[0]))
