"""Where the host's keys are kept: in a file of their own that only its user can read, beside the task hub.

Keys and not their hashes: the host gives them to the app, in the addresses of the durable API, and to its user.
"""

import json
import os
from pathlib import Path

from functions_testhost.hub_errors import TaskHubDamagedError, of_system
from functions_testhost.hub_file import PRIVATE
from functions_testhost.keys import Keys
from functions_testhost.task_hub import TaskHub

# an earlier version kept them in the task hub under this name
IN_HUB = "keys"


def load_keys(hub: TaskHub) -> Keys:
    """Returns the keys that belong to a task hub, new ones for a new hub.

    Raises:
        TaskHubError: their file cannot be read or written, or holds no keys.
    """
    file = hub.store.file.keys
    in_hub = hub.stored_value(IN_HUB)
    try:
        if file.exists():
            keys = _parse(file)
        else:
            keys = Keys.parse(in_hub) if in_hub else Keys()
            _write(file, keys)
    except OSError as error:
        raise of_system(file, error) from error
    if in_hub:
        hub.forget_value(IN_HUB)
    return keys


def _parse(file: Path) -> Keys:
    try:
        return Keys.parse(json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, LookupError, TypeError) as error:
        raise TaskHubDamagedError(
            file, "it holds no keys; without it, the next start makes new ones"
        ) from error


def _write(file: Path, keys: Keys) -> None:
    """Writes the file at once: it is never there without its content."""
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(
        os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w", encoding="utf-8"
    ) as opened:
        json.dump(keys.to_json(), opened)
    new.replace(file)
