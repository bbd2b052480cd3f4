"""What nobody foresaw goes to the host as an exception, whose text the task hub keeps."""

import traceback

import pytest
from pydantic import BaseModel

from activities.results import result_of

URL = "https://a.blob.core.windows.net/x?sig=marked"


TOKEN = "Bearer marked-token"


async def unforeseen() -> BaseModel | None:
    try:
        return {}[f"{TOKEN} for {URL}"]
    except KeyError as error:
        raise ValueError("cannot read", URL, 7) from error


async def test_an_unforeseen_error_keeps_its_kind_and_place_and_loses_its_secrets() -> None:
    with pytest.raises(ValueError, match="cannot read") as raised:
        await result_of(unforeseen())
    written = "".join(traceback.format_exception(raised.value))
    assert "marked" not in written
    assert "sig=***" in written
    assert "in unforeseen" in written
    assert raised.value.args[-1] == 7
