"""Managed images are retired, or kept: each obligation, each decision of a person, each refusal of Azure."""

from collections.abc import Iterator

import pytest

from tests.workflow.retiring import Retiring, retiring


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retiring]:
    with retiring(tmp_path_factory.mktemp("stack")) as estate:
        yield estate


@pytest.fixture
def estate(running: Retiring) -> Iterator[Retiring]:
    """The app; faults and locks of a test end with it."""
    yield running
    running.stack.control("DELETE", "faults")
    running.stack.control("POST", "locks", {"locks": []})


def test_an_image_is_retired_with_a_certificate(estate: Retiring) -> None:
    image, retirement = estate.retired("web")
    soaking = estate.waits(retirement, "soaking")
    print(soaking)
    estate.approved(retirement)
    assert estate.exists(image)
    end = estate.waits(retirement, "retired")
    assert not estate.exists(image)
    assert len(estate.deletes(image)) == 1
    assert estate.certificates(retirement) == ["certificate.json", "deletion.json"]
    print(end)
