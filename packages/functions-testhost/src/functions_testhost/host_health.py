"""How the host itself is: whether its task hub can be used, and whether it still works."""

from typing import Any

from functions_testhost.engine import Engine
from functions_testhost.store import Store


def describe(store: Store, engine: Engine) -> dict[str, Any]:
    """Returns the host's state as JSON data, after an attempt to write into the task hub.

    `state` is `healthy`, `unavailable` (the task hub cannot be used now; work waits, and goes on by itself), `damaged`
    (only a person can mend it) or `stopped` (the engine failed; restart the host). `notices` are what the operator
    should know although the host works. `abandoned` is the number of calls at which the host itself failed: they are
    made again by the next host.
    """
    since = store.since
    fault = store.look() or engine.fault
    state = "stopped" if engine.has_stopped else fault.state if fault else "healthy"
    return {
        "state": state,
        "reason": _reason(engine, str(fault) if fault else ""),
        "since": since.isoformat() if fault and since else None,
        "task_hub": str(store.file.path),
        "abandoned": engine.abandoned,
        "notices": store.notices,
    }


def _reason(engine: Engine, fault: str) -> str:
    return "The engine failed and nothing runs any more: restart the host." if engine.has_stopped else fault
