"""Notices go only where the settings allow it, and are CloudEvents."""

import pytest

from adapters.settings import Settings
from domain.policy.rules import Policy
from domain.records.delivery import Delivery, DeliveryAnswer, Target
from domain.records.notices import Notice, NoticeTargets
from services.deliver_notice import deliver
from tests.unit.builders import GALLERY, NOW, policy
from tests.unit.fakes import FakeCompute, FakeNotices, working_with

TARGETS = NoticeTargets(
    topic="https://t.westeurope-1.eventgrid.azure.net/api/events",
    webhook="https://hooks.example.com/x",
    owner="team web",
)
SETTINGS = Settings.from_environment(
    {"GALLERIST_WEBHOOK_HOSTS": "hooks.example.com", "WEBSITE_SITE_NAME": "gallerist-prod"}
)
CLOSED = Settings.from_environment({})


async def send(
    sender: FakeNotices,
    target: Target,
    settings: Settings = SETTINGS,
    targets: NoticeTargets = TARGETS,
    under: Policy | None = None,
) -> DeliveryAnswer:
    notice = Notice(
        type="region.replicated",
        subject="/versions/1.0.0",
        at=NOW,
        key="westeurope",
        data={"region": "westeurope"},
        targets=targets,
    )
    with working_with(FakeCompute(), under, settings=settings, notices=sender):
        return await deliver(Delivery(notice=notice, target=target))


async def test_a_notice_is_a_cloud_event() -> None:
    sender = FakeNotices()
    assert (await send(sender, "webhook")).outcome == "delivered"
    ((target, url, event),) = sender.sent
    assert (target, url) == ("webhook", TARGETS.webhook)
    assert event["id"]
    assert {name: value for name, value in event.items() if name != "id"} == {
        "specversion": "1.0",
        "source": "/gallerist/gallerist-prod",
        "type": "gallerist.region.replicated",
        "subject": "/versions/1.0.0",
        "time": "2026-02-01T12:00:00Z",
        "datacontenttype": "application/json",
        "data": {"region": "westeurope", "owner": "team web"},
    }


@pytest.mark.parametrize(("target", "sent"), [("topic", 1), ("webhook", 0)])
async def test_without_the_setting_only_event_grid_is_told(target: Target, sent: int) -> None:
    """And the setting may be corrected within the day in which the notice is tried."""
    sender = FakeNotices()
    answer = await send(sender, target, CLOSED)
    assert len(sender.sent) == sent
    assert answer.outcome == ("delivered" if sent else "later")
    assert sent or "GALLERIST_WEBHOOK_HOSTS" in answer.reason


KEYED = "https://hooks.example.com/x?code=secret"
NAMED = Policy.model_validate(
    {
        "defaults": {
            "galleries": [str(GALLERY)],
            "notify": {"webhook": "https://hooks.example.com/y?code=1"},
        },
        "rules": [{"name": "one", "notify": {"webhook": KEYED}}],
    }
)
ROTATED = policy(notify={"webhook": "https://hooks.example.com/x?code=new"})


@pytest.mark.parametrize(
    ("under", "sent"), [(NAMED, KEYED), (ROTATED, "https://hooks.example.com/x?code=new")]
)
async def test_the_key_of_a_webhook_is_that_of_the_policy_and_is_not_carried(
    under: Policy, sent: str
) -> None:
    """A key that was changed since the notice was announced is the new one."""
    sender, targets = FakeNotices(), NoticeTargets(webhook=KEYED)
    assert "secret" not in targets.model_dump_json()
    answer = await send(sender, "webhook", targets=targets, under=under)
    assert answer.outcome == "delivered"
    assert [url for _, url, _ in sender.sent] == [sent]


async def test_a_webhook_that_the_policy_no_longer_names_is_tried_until_it_does() -> None:
    sender = FakeNotices()
    answer = await send(sender, "webhook", targets=NoticeTargets(webhook=KEYED))
    assert (answer.outcome, sender.sent) == ("later", [])
    assert "names this webhook no more" in answer.reason
