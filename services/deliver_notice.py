"""Sends one notice to one of its targets, if the app's settings allow its address."""

from domain.records.addresses import topic_refusal, webhook_refusal
from domain.records.delivery import Delivery, DeliveryAnswer, address_of
from domain.redaction import webhook_address
from services.container import services


async def deliver(delivery: Delivery) -> DeliveryAnswer:
    """Makes one attempt. A repeated attempt sends the same event with the same id: receivers drop duplicates by it."""
    chosen = services()
    url = address_of(delivery.notice.targets, delivery.target)
    if url is None:
        return DeliveryAnswer(outcome="refused", reason=f"the policy names no {delivery.target}")
    to_topic = delivery.target == "topic"
    if not to_topic:
        whole = await _whole(url)
        if whole is None:
            return DeliveryAnswer(outcome="later", reason="the policy names this webhook no more")
        url = whole
    refusal = (topic_refusal if to_topic else webhook_refusal)(url, chosen.settings.webhook_hosts)
    if refusal is not None:
        # not `refused`: somebody may correct the setting within a day
        return DeliveryAnswer(outcome="later", reason=refusal)
    event = delivery.notice.as_cloud_event(f"/gallerist/{chosen.settings.app_name}")
    return await (chosen.notices.to_topic if to_topic else chosen.notices.to_webhook)(url, event)


async def _whole(address: str) -> str | None:
    """The URL of a webhook with the query that the policy has for it at present: a key may have been changed."""
    base, _, digest = address.partition("#")
    if not digest:
        return address
    policy = await services().policies.current()
    sections = (policy.defaults.notify, *(rule.notify for rule in policy.rules))
    named = [section.webhook for section in sections if section and section.webhook]
    same = [url for url in named if webhook_address(url) == address]
    changed = [url for url in named if webhook_address(url).partition("#")[0] == base]
    return next(iter([*same, *changed]), None)
