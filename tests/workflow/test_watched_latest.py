"""Somebody who changes what is `latest` after a promotion is noticed, once."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from local.stack import Stack
from tests.workflow.estate import POLICY
from tests.workflow.promotions import Promoter, a_definition, a_seed
from tests.workflow.receiver import Receiver

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Stack]:
    """An app that sweeps every hour, and tells a webhook."""
    notify = f'  notify: {{webhook: "http://{receiver.host}/hook"}}\nrules:\n'
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GALLERIST_ALLOW_KEYS_TO_APPROVE", "true")
        patch.setenv("GALLERIST_WEBHOOK_HOSTS", receiver.host)
        with Stack(
            tmp_path_factory.mktemp("stack"),
            a_seed(a_definition("watched", [("1.0.0", False), ("1.0.1", True)])),
            POLICY.replace("rules:\n", notify),
            "seconds:60",
            one_clock=True,
            sweep_schedule="0 0 * * * *",
        ) as running:
            yield running


def test_a_flag_that_somebody_else_changes_is_logged_and_told_once(stack: Stack, receiver: Receiver) -> None:
    promoter = Promoter(stack, "watched")
    promoter.start("1.0.1", rings=[["eastus2"], ["westus2"]], bake_hours=0)
    assert promoter.ended()["state"] == "promoted"
    stack.let_pass(2 * HOUR)
    assert "latest changed definition=" not in stack.log("host")

    promoter.exclude("1.0.1", "eastus2", excluded=True)
    stack.let_pass(3 * HOUR)
    lines = [line for line in stack.log("host").splitlines() if "latest changed definition=" in line]
    assert len(lines) == 1
    assert f"definition={promoter.definition} region=eastus2 from=1.0.1 to=1.0.0" in lines[0]
    told = [event for _, _, event in receiver.got if event["type"] == "gallerist.latest.changed"]
    assert [(one["subject"], one["data"]) for one in told] == [
        (promoter.definition, {"region": "eastus2", "latest_before": "1.0.1", "latest_now": "1.0.0"})
    ]
