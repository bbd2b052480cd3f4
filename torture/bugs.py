"""Deliberate bugs: what the app does to keep a promise, removed from a copy of it. The torture must notice each.

A bug that is not noticed says that the torture is too weak.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.edits import Change
from local.stack import ROOT, temporary_folder
from torture.estate import PROMOTED, RETIRED, Kind
from torture.plan import Plan, plan

_COPIED = (
    "function_app.py",
    "host.json",
    "activities",
    "adapters",
    "api",
    "client",
    "dashboard",
    "domain",
    "entities",
    "orchestrators",
    "services",
    "triggers",
)


@dataclass(frozen=True)
class Bug:
    """What is removed, and the promise that is broken then.

    `kinds` are those of the images that show it, `images` is how many there are.
    """

    name: str
    breaks: str
    changes: tuple[Change, ...]
    kinds: Sequence[Kind]
    images: int = 6
    # what every image meets once
    much_of: str = ""
    # the tests that must fail, where it is the fuzz that notices
    fuzz: str = ""

    def plan(self, seed: int) -> Plan:
        """A plan with images that show it."""
        return plan(seed, self.images, self.kinds, much_of=self.much_of)


_MIGRATED: tuple[Kind, ...] = ("plain", "twin", "moving")
_PERMISSION = "domain/retirement/obligations/permission.py"

BUGS: tuple[Bug, ...] = (
    Bug(
        "adoption: a version that holds the image is not recognised",
        "none twice",
        (
            Change(
                "domain/resources/provenance.py",
                "    return [version for version in versions if _holds(version, image, keys)]\n",
                "    return [version for version in versions if False and _holds(version, image, keys)]\n",
            ),
        ),
        _MIGRATED,
        images=8,
        much_of="tags",
    ),
    Bug(
        "the lock: an image has as many migrations at once as were asked for, each with a number of its own",
        "none twice",
        (
            Change(
                "services/start_migration.py",
                "instance_id = migration_id(request.image)",
                "instance_id = f\"{migration_id(request.image)}-{__import__('uuid').uuid4().hex[:6]}\"",
            ),
            Change(
                "orchestrators/publish_version.py",
                '{request.image.fingerprint}"',
                '{request.image.fingerprint}@{context.instance_id}"',
            ),
        ),
        _MIGRATED,
        images=12,
        much_of="events",
    ),
    Bug(
        "the copy: a version in a second gallery is built from the image again",
        "none wrong",
        (
            Change(
                "orchestrators/migrate_image.py",
                "        source = source.copied_from(first)\n",
                "        pass\n",
            ),
        ),
        ("twin", "moving"),
    ),
    Bug(
        "the exclusion: a version is latest at once",
        "excluded from latest",
        (
            Change(
                "domain/planning/targets.py",
                "exclude_from_latest=choices.exclude_from_latest is not False,",
                "exclude_from_latest=False,",
            ),
        ),
        ("plain", "twin"),
        images=3,
    ),
    Bug(
        "the bake: a ring follows the ring before it at once",
        "ring by ring",
        (
            Change(
                "orchestrators/run/flag_writes.py",
                "timedelta(hours=status.bake_hours)",
                "timedelta(hours=0 * status.bake_hours)",
            ),
        ),
        PROMOTED,
        images=4,
    ),
    Bug(
        "the retries: what passes is not waited for",
        "nothing fails for what passes",
        (Change("orchestrators/run/activity_calls.py", "MOST_WAITS = 20\n", "MOST_WAITS = 0\n"),),
        _MIGRATED,
        images=16,
    ),
    Bug(
        "the token: an identity endpoint that fails is taken for a refusal",
        "nothing fails for what passes",
        (
            Change(
                "domain/arm_errors.py",
                'that AZURE_CLIENT_ID names one of them.",\n        "wait",',
                'that AZURE_CLIENT_ID names one of them.",\n        "never",',
            ),
        ),
        _MIGRATED,
        images=16,
        much_of="tokens",
    ),
    Bug(
        "the rewind: nobody continues what a dead worker interrupted",
        "none failed",
        (
            Change(
                "services/interruptions.py",
                "    hub = TaskHub(client)\n",
                "    return 0\n    hub = TaskHub(client)\n",
            ),
        ),
        _MIGRATED,
        images=12,
        much_of="deaths",
    ),
    Bug(
        "the bound on history: a retirement never continues as new",
        "histories bounded",
        (
            Change(
                "orchestrators/retire_image.py",
                "    while not isinstance(effect, effects.Rest | effects.End):\n",
                "    while not isinstance(effect, effects.End):\n"
                "        if isinstance(effect, effects.Rest):\n"
                "            yield from _rest(context, effect)\n"
                "            effect = run.after(events.Woke())\n"
                "            continue\n",
            ),
        ),
        ("leaving", "moving"),
        images=2,
    ),
    Bug(
        "the clean-up: the machine of a proof stays, and no timer looks for it",
        "no machine left",
        (
            Change("orchestrators/verify_version.py", "    if request.attempts.sizes:\n", "    if False:\n"),
            Change(
                "services/sweep_proofs.py",
                "    for group in proof_groups(",
                "    for group in () and proof_groups(",
            ),
        ),
        ("tried", "parting"),
        images=4,
    ),
    Bug(
        "obligation 4: a consumer of the image does not block",
        "no obligation unmet",
        (
            Change(
                "domain/retirement/obligations/references.py",
                "    for consumer in scan.blocking:\n",
                "    for consumer in ():\n",
            ),
        ),
        RETIRED,
        images=8,
        much_of="references",
    ),
    Bug(
        "obligation 5: a lock does not block",
        "no obligation unmet",
        (
            Change(
                "domain/retirement/obligations/source.py",
                'faults = [f"lock {one.id} ({one.level})" for one in locks.values]',
                "faults: list[str] = []",
            ),
        ),
        RETIRED,
        images=6,
        much_of="locks",
    ),
    Bug(
        "obligation 6: a re-created image is taken for the former one, by the approval and the last look, too",
        "no obligation unmet",
        (
            Change(
                "domain/retirement/obligations/source.py",
                "    if image.fingerprint != facts.retirement.fingerprint or later:\n",
                "    return Verdict(met=True, answers=answers)\n    if later:\n",
            ),
            Change(
                "services/retire_image.py",
                "last.image is None or last.image.fingerprint != retirement.fingerprint:",
                "last.image is None:",
            ),
            Change(
                "services/retirements.py",
                "    if image.fingerprint != retirement.fingerprint or recreated:\n",
                "    if False:\n",
            ),
        ),
        RETIRED,
        images=8,
        much_of="refused deletions",
    ),
    Bug(
        "obligation 7: nothing soaks",
        "no obligation unmet",
        (
            Change(
                "domain/retirement/retirement.py",
                "return self.soak_since + self.terms.soak if self.soak_since else None",
                "return self.soak_since if self.soak_since else None",
            ),
        ),
        RETIRED,
        images=4,
    ),
    Bug(
        "obligation 8: nobody approves",
        "no obligation unmet",
        (Change(_PERMISSION, "    if needs_approval(facts) and approval is None:\n", "    if False:\n"),),
        RETIRED,
        images=4,
    ),
    Bug(
        "obligation 9: no cap on the deletions of a day",
        "no more than the cap",
        (Change(_PERMISSION, "    if before >= terms.most_per_day:\n", "    if False:\n"),),
        RETIRED,
        images=6,
    ),
    Bug(
        "the certificate: nothing is stored before the DELETE",
        "no obligation unmet",
        (
            Change(
                "services/retire_image.py", "    await services().evidence.put(certificate.name, text)\n", ""
            ),
            Change(
                "services/retire_image.py", "or not await _is_stored(retirement.certificate):", "or False:"
            ),
        ),
        RETIRED,
        images=4,
    ),
    Bug(
        "a bound of the input: text that UTF-8 cannot hold is read",
        "an unforeseen 5xx in the fuzz",
        (
            Change(
                "triggers/http/requests.py",
                "    fault = next(_unreadable_parts(body), None)\n",
                "    fault = None\n",
            ),
        ),
        (),
        fuzz="tests/fuzz/test_refused.py",
    ),
    Bug(
        "a bound of the input: a batch for images older than time itself is accepted",
        "an unforeseen answer in the fuzz",
        (
            Change(
                "domain/policy/sections.py",
                "    older_than_days: float | None = Field(default=None, ge=0, le=LONGEST_DAYS)\n",
                "    older_than_days: float | None = Field(default=None, ge=0)\n",
            ),
        ),
        (),
        fuzz="tests/fuzz/test_refused.py",
    ),
)


@contextmanager
def with_bug(bug: Bug) -> Iterator[Path]:
    """A copy of the app with a bug, until the block ends.

    Raises:
        ValueError: the app has changed, so that the bug cannot be put in.
    """
    with temporary_folder() as folder:
        app = Path(folder)
        for name in _COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, app / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, app / name)
        for change in bug.changes:
            change.apply(app)
        yield app
