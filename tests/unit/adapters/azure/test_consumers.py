"""Reading resources of any provider, and Resource Graph: what an odd answer becomes."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import pytest

from adapters.azure.arm import Page
from adapters.azure.consumers import Consumers
from adapters.azure.resource_graph import TABLES, GraphRows, ResourceGraph, naming_query
from domain.errors import ArmError

ARM = "https://management.azure.com"
SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"


class Response:
    """An answer with a JSON body."""

    def __init__(
        self, body: Any, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
    ) -> None:
        self.status_code, self.headers, self._text = status, headers or {}, json.dumps(body)

    def json(self) -> Any:
        return json.loads(self._text)


class FakeArm:
    """Answers in their order, and the requests that they were for."""

    def __init__(self, *answers: Any) -> None:
        self._answers = iter(answers)
        self.sent: list[Any] = []

    async def page(self, subscription: str, url: str) -> Page:
        self.sent.append(url)
        answer = next(self._answers)
        if isinstance(answer, ArmError):
            raise answer
        return Page(answer)

    async def pages(self, subscription: str, path: str) -> Any:
        for item in next(self._answers):
            yield item

    async def send(self, subscription: str, method: str, path: str, body: Any) -> Response:
        self.sent.append((method, path.partition("?")[0], body))
        answer: Response = next(self._answers)
        return answer


def consumers(*answers: Any) -> tuple[Consumers, FakeArm]:
    arm = FakeArm(*answers)
    return Consumers(arm), arm  # type: ignore[arg-type] # a fake


def graph(*answers: Any) -> tuple[ResourceGraph, FakeArm]:
    arm = FakeArm(*answers)
    return ResourceGraph(arm), arm  # type: ignore[arg-type] # a fake


@pytest.mark.parametrize("body", [{}, {"value": None}, {"value": {}}, {"error": {}}])
async def test_an_answer_that_is_no_list_is_not_an_empty_one(body: Any) -> None:
    azure, _ = consumers(body)
    with pytest.raises(ArmError, match="no list of resources"):
        await azure.page(SUBSCRIPTION, "/x")


async def test_a_resource_that_does_not_exist_is_none_and_a_subscription_that_does_not_is_an_error() -> None:
    azure, _ = consumers(
        ArmError(404, "ResourceNotFound", "no"), ArmError(404, "SubscriptionNotFound", "no"), {"id": "x"}
    )
    assert await azure.document(SUBSCRIPTION, "/x", "1") is None
    with pytest.raises(ArmError, match="SubscriptionNotFound"):
        await azure.document(SUBSCRIPTION, "/x", "1")
    assert await azure.document(SUBSCRIPTION, "/x", "1") == {"id": "x"}


async def test_the_subscriptions_that_the_identity_sees_are_in_lower_case() -> None:
    azure, _ = consumers([{"subscriptionId": "ABC"}, {}])
    assert await azure.visible_subscriptions() == ["abc"]


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ({"registrationState": "NotRegistered"}, False),
        ({"registrationState": "Unregistered"}, False),
        ({"registrationState": "Unregistering"}, True),
        (
            {"registrationState": "Registered", "resourceTypes": [{"resourceType": "BatchAccounts/Pools"}]},
            True,
        ),
        ({"registrationState": "Registered", "resourceTypes": [{"resourceType": "locations"}, None]}, False),
        ({"registrationState": "Registered", "resourceTypes": "odd"}, True),
        ({}, True),
        (ArmError(404, "InvalidResourceNamespace", "another cloud"), False),
    ],
)
async def test_only_a_provider_that_says_so_has_no_resources(provider: Any, expected: bool) -> None:
    azure, _ = consumers(provider)
    assert await azure.provides(SUBSCRIPTION, "Microsoft.Batch/batchAccounts/pools") is expected


async def test_a_provider_that_cannot_be_read_is_an_error() -> None:
    azure, _ = consumers(ArmError(403, "AuthorizationFailed", "no"))
    with pytest.raises(ArmError, match="AuthorizationFailed"):
        await azure.provides(SUBSCRIPTION, "Microsoft.Batch/batchAccounts/pools")


async def test_a_refused_change_is_an_error() -> None:
    azure, arm = consumers(Response({}, 202), Response({"error": {"code": "Locked", "message": "no"}}, 409))
    await azure.patch(SUBSCRIPTION, "/x y", "1", {"a": 1})
    assert arm.sent == [("PATCH", "/x%20y", {"a": 1})]
    with pytest.raises(ArmError, match="Locked"):
        await azure.patch(SUBSCRIPTION, "/x", "1", {})


# Resource Graph


async def test_pages_are_followed_by_their_token() -> None:
    first = {"data": [{"id": "a"}], "$skipToken": "t", "resultTruncated": "true", "totalRecords": 2}
    second = {"data": [{"id": "b"}, "odd"], "resultTruncated": "false", "totalRecords": 2}
    azure, arm = graph(Response(first), Response(second))
    assert await azure.naming("resources", ["images/web"]) == GraphRows(
        [{"id": "a"}, {"id": "b"}], complete=True
    )
    assert [body["options"].get("$skipToken") for _, _, body in arm.sent] == [None, "t"]


@pytest.mark.parametrize(
    "answer",
    [
        {"data": [], "resultTruncated": "true", "totalRecords": 1},
        {"data": [], "resultTruncated": True},
        {"data": [{"id": "a"}], "resultTruncated": "false", "totalRecords": 2},
    ],
)
async def test_rows_that_are_missing_are_noticed(answer: Any) -> None:
    azure, _ = graph(Response(answer))
    assert not (await azure.naming("resources", ["images/web"])).complete


@pytest.mark.parametrize("answer", [{}, {"data": None}, {"data": [], "$skipToken": "again"}])
async def test_an_answer_without_rows_is_an_error(answer: Any) -> None:
    azure, _ = graph(Response(answer))
    with pytest.raises(ArmError, match="NoList"):
        await azure.naming("resources", ["images/web"])


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ms-user-quota-resets-after": "00:00:05"}, 5),
        ({"X-MS-User-Quota-Resets-After": "00:01:00"}, 60),
        ({"x-ms-user-quota-resets-after": "soon"}, None),
        ({"Retry-After": "3", "x-ms-user-quota-resets-after": "00:00:05"}, 3),
        ({}, None),
    ],
)
async def test_a_throttled_query_says_when_the_quota_is_filled_again(
    headers: Any, seconds: int | None
) -> None:
    azure, _ = graph(Response({"error": {"code": "RateLimiting", "message": "slow"}}, 429, headers))
    with pytest.raises(ArmError) as raised:
        await azure.counts()
    assert (raised.value.status, raised.value.retry_after_seconds) == (429, seconds)


async def test_rows_are_counted_by_subscription() -> None:
    azure, _ = graph(Response({"data": [{"subscriptionId": "ABC", "rows": 3}, {"subscriptionId": "d"}]}))
    assert await azure.counts() == {"abc": 3, "d": 0}


def test_a_query_names_every_needle_and_escapes_it() -> None:
    text = naming_query(TABLES[0], ["images/a", "images/b'\\"])
    assert "contains 'images/a' or tostring(properties) contains 'images/b\\'\\\\'" in text
    assert text.endswith("order by id asc")
