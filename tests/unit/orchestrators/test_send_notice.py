"""The outbox: a notice is delivered at least once to each target, or given up after a day with one line in the log."""

import logging
from datetime import timedelta
from typing import Any

import pytest

from domain.records.delivery import PATIENCE, DeliveryAnswer, SendNotice
from domain.records.notices import Notice, NoticeTargets
from tests.unit.app import code
from tests.unit.builders import NOW
from tests.unit.orchestrators.stepping import Call, FakeContext, lost, run, value

BOTH = NoticeTargets(topic="https://t.eventgrid.azure.net/api/events", webhook="https://hooks.example.com/x")


def notice(targets: NoticeTargets = BOTH) -> Notice:
    return Notice(type="migration.ended", subject="/images/web", at=NOW, key="1", targets=targets)


def answer(outcome: str, reason: str = "", seconds: int | None = None) -> Any:
    document = {"outcome": outcome, "reason": reason, "retry_after_seconds": seconds}
    return value(DeliveryAnswer.model_validate(document))


class Outbox:
    """Runs the instance from one execution to the next, as the host does."""

    def __init__(self, replies: Any) -> None:
        self.replies = replies
        self.sent: list[str] = []
        self.waits: list[timedelta] = []

    def deliver(self, targets: NoticeTargets = BOTH) -> SendNotice:
        document, now = SendNotice(notice=notice(targets)).model_dump(mode="json"), NOW
        while True:
            context = FakeContext(document, instance_id=notice().id, current_utc_datetime=now)
            output = run(code("send_notice"), context, {"deliver_notice": self._reply})
            if context.continued_with is None:
                return SendNotice.model_validate(output)
            self.waits.append(context.current_utc_datetime - now)
            document, now = context.continued_with, context.current_utc_datetime

    def _reply(self, call: Call) -> Any:
        self.sent.append(call.input["target"])
        return self.replies(call.input["target"], len(self.sent))


def test_both_targets_are_told_at_once() -> None:
    outbox = Outbox(lambda *_: answer("delivered"))
    end = outbox.deliver()
    assert (end.delivered, end.refused, outbox.waits) == (["topic", "webhook"], {}, [])


def test_only_the_target_that_fails_is_tried_again() -> None:
    outbox = Outbox(lambda target, n: answer("later" if target == "webhook" and n < 6 else "delivered"))
    end = outbox.deliver()
    assert outbox.sent == ["topic", "webhook", "webhook", "webhook", "webhook", "webhook"]
    assert set(end.delivered) == {"topic", "webhook"}
    assert all(later > earlier for earlier, later in zip(outbox.waits, outbox.waits[1:], strict=False))


def test_a_refused_target_keeps_the_other_from_nothing(caplog: pytest.LogCaptureFixture) -> None:
    outbox = Outbox(
        lambda target, _: answer("refused", "HTTP 413") if target == "topic" else answer("delivered")
    )
    end = outbox.deliver()
    assert (end.delivered, end.refused) == (["webhook"], {"topic": "HTTP 413"})
    (line,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "topic: HTTP 413" in line.message


def test_it_is_given_up_after_a_day_with_one_line(caplog: pytest.LogCaptureFixture) -> None:
    outbox = Outbox(lambda *_: answer("later", "HTTP 503"))
    end = outbox.deliver()
    assert timedelta(hours=22) < sum(outbox.waits, timedelta()) < PATIENCE
    assert len(outbox.waits) < 40
    assert end.refused.keys() == {"topic", "webhook"}
    (line,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert line.message.startswith("notice migration.ended of /images/web is given up after ")
    assert "HTTP 503" in line.message


def test_a_receiver_that_asks_for_time_gets_it() -> None:
    outbox = Outbox(lambda _, n: answer("later", "HTTP 429", 1800) if n == 1 else answer("delivered"))
    outbox.deliver(NoticeTargets(webhook=BOTH.webhook))
    assert timedelta(seconds=1800) <= outbox.waits[0] <= timedelta(seconds=1800 * 1.25)


def test_a_worker_that_died_is_no_answer() -> None:
    outbox = Outbox(lambda _, n: lost() if n == 1 else answer("delivered"))
    assert outbox.deliver(NoticeTargets(topic=BOTH.topic)).delivered == ["topic"]


def test_without_a_target_nothing_is_sent() -> None:
    outbox = Outbox(lambda *_: answer("delivered"))
    assert outbox.deliver(NoticeTargets()).delivered == []
    assert outbox.sent == []
