"""Warns where the Durable SDK for Python and the real host are known to disagree.

In every case this host behaves as the real one; the warnings say what will happen.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from functions_testhost.history import Event, EventType, kind
from functions_testhost.replay import Action, ActionType

RETRYING = {ActionType.CALL_ACTIVITY_WITH_RETRY, ActionType.CALL_SUB_ORCHESTRATOR_WITH_RETRY}


def warnings_for(actions: Sequence[Action], events: Sequence[Event]) -> Iterator[str]:
    """Yields a sentence for each disagreement that one replay shows."""
    flat = list(_flat(actions))
    if any(_holds_a_retry(action) for action in flat):
        yield (
            "a call with retry inside task_all: when a sibling fails first, the SDK continues while the host waits, "
            "and later calls get each other's results; catch errors in a sub-orchestrator or return them as values"
        )
    waits = Counter(
        a["externalEventName"] for a in flat if a["actionType"] == ActionType.WAIT_FOR_EXTERNAL_EVENT
    )
    for name, count in waits.items():
        if count > 1:
            yield (
                f"the event '{name}' is waited for {count} times: the SDK returns the last one it buffered; "
                "wait once per name"
            )
    for event in events:
        if kind(event) is EventType.EVENT_RAISED and event["Name"] not in waits:
            for name in waits:
                if name.lower() == event["Name"].lower():
                    yield (
                        f"the event '{event['Name']}' came for '{name}': the host ignores case, the SDK does not; "
                        "use one spelling"
                    )


def _flat(actions: Sequence[Action]) -> Iterator[Action]:
    for action in actions:
        yield action
        yield from _flat(action.get("compoundActions", ()))


def _holds_a_retry(action: Action) -> bool:
    return action["actionType"] == ActionType.WHEN_ALL and any(
        child["actionType"] in RETRYING for child in action["compoundActions"]
    )
