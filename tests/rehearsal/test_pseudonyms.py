"""Snapshots with pseudonyms: no name is left, everything that counts stays, and the key translates the policy."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.policy_file import parse_policy
from domain.policy.naming import name_targets
from domain.policy.rules import Policy
from domain.resources.images import ManagedImage
from domain.resources.provenance import (
    FINGERPRINT_TAG,
    MIGRATION_TAG,
    RULE_TAG,
    SOURCE_TAG,
    STARTED_BY_TAG,
    migration_id,
)
from rehearsal.errors import SnapshotError, TranslationError
from rehearsal.measures import managed_images
from rehearsal.pseudonyms import Key, anonymised, load_key, save_key
from rehearsal.seed import to_seed
from rehearsal.snapshot import Snapshot
from rehearsal.tags import renamed_tags
from rehearsal.translate import KEPT, TRANSLATED, translated
from tests.rehearsal import fleet
from tests.rehearsal.conftest import written

NOW = datetime(2026, 1, 5, tzinfo=UTC)
SECRET = "ab" * 32

OWN_GALLERY = fleet.GALLERY.replace(fleet.FIRST, "{subscription}").replace("golden", "own")
POLICY = f"""\
defaults:
  galleries: [{fleet.GALLERY}, "{OWN_GALLERY}"]
  regions: [eastus2, {{name: westus2, replicas: 2}}]
rules:
  - name: scratch
    match: {{tags: {{environment: "scr*"}}}}
    action: ignore
  - name: the web
    match: {{names: ["WEB-*"], subscriptions: [{fleet.FIRST}], resource_groups: ["bu*"]}}
    definition:
      {{name: web, publisher: "{{resource_group}}", offer: "{{definition}}", sku: "{{os_type}}-{{generation}}"}}
    tags: {{team: platform, of: "{{image}}"}}
  - name: databases
    match: {{names: [db-01, "db-0[23]"]}}
    definition: {{name: db, across_resource_groups: true}}
    notify: {{webhook: "https://hooks.example/secret", owner: jane@example.com}}
    retire_source: {{when: after-approval, consumers: [{{name: the old cluster, until: 2027-01-01}}]}}
  - name: nobody
    match: {{names: ["nothing-*"]}}
"""


@pytest.fixture(scope="module")
def migrated(snapshot: Snapshot) -> Snapshot:
    """The fleet after a migration of its first image, as the tags of the version say."""
    copy = snapshot.model_copy(deep=True)
    image = managed_images(copy)[0]
    copy.versions[0]["tags"] = {
        SOURCE_TAG: str(image.id),
        FINGERPRINT_TAG: image.fingerprint,
        MIGRATION_TAG: migration_id(image.id),
        RULE_TAG: "the web",
        STARTED_BY_TAG: "jane@example.com",
        "gallerist-created": "2026-01-01T00:00:00+00:00",
        "costCenter": "Research",
    }
    copy.images[1]["tags"] = {"gallerist:definition": "web", "PlanInfo": "lvm", "release": "1.2.3"}
    return copy


def names_in(snapshot: Snapshot) -> set[str]:
    """Every name of the fleet, as it stands between other characters."""
    ids = [
        str(record["id"]) for kind in ("images", "galleries", "machines") for record in snapshot.records(kind)
    ]
    last = {one.rpartition("/")[2] for one in ids}
    return last | {
        fleet.FIRST,
        fleet.SECOND,
        "builds",
        "Fleet 1",
        "jane@example.com",
        "Research",
        "costCenter",
        "lvm",
    }


def test_no_name_is_left_and_the_same_name_has_the_same_pseudonym(migrated: Snapshot) -> None:
    key = Key(secret=SECRET)
    renamed = anonymised(migrated, key)
    text = renamed.model_dump_json()
    left = {name for name in names_in(migrated) if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)}
    assert left == set()
    assert renamed.counts() == migrated.counts()
    assert renamed.names == "pseudonyms"
    assert renamed == anonymised(migrated, Key(secret=SECRET))
    assert renamed.images[0]["id"] != anonymised(migrated, Key()).images[0]["id"]


def test_what_is_no_name_stays(migrated: Snapshot) -> None:
    renamed = anonymised(migrated, Key(secret=SECRET))
    for before, after in zip(migrated.images, renamed.images, strict=True):
        assert after["location"] == before["location"]
        assert after["properties"]["hyperVGeneration"] == before["properties"]["hyperVGeneration"]
    (version,) = renamed.versions
    assert version["id"].endswith("/versions/1.0.0")
    assert (
        version["properties"]["replicationStatus"] == migrated.versions[0]["properties"]["replicationStatus"]
    )
    assert renamed.scale_sets[0]["sku"] == migrated.scale_sets[0]["sku"]
    assert to_seed(renamed).left == []


def test_a_migrated_image_is_still_the_source_of_its_version(migrated: Snapshot) -> None:
    """The tags hold hashes of names: without new ones the rehearsal would migrate the image again."""
    renamed = anonymised(migrated, Key(secret=SECRET))
    image, tags = managed_images(renamed)[0], renamed.versions[0]["tags"]
    assert tags[SOURCE_TAG].lower() == str(image.id).lower()
    assert tags[FINGERPRINT_TAG] == image.fingerprint
    assert tags[MIGRATION_TAG] == migration_id(image.id)
    assert tags["gallerist-created"] == "2026-01-01T00:00:00+00:00"


def test_tags_that_are_read_keep_their_meaning() -> None:
    key = Key(secret=SECRET)
    tags = {
        "gallerist:action": "migrate",
        "gallerist:regions": "westus2, northeurope=2",
        "gallerist:definition": "web",
        "gallerist:galleries": f"{fleet.GALLERY}, {fleet.GALLERY}",
        "gallerist:consumers": "old cluster until 2027-01-01; lab until 2027-02-01",
        "PlanInfo": "lvm",
        "owner": "jane",
        "release": "1.2.3",
    }
    assert renamed_tags(tags, key, {}) == {
        "gallerist:action": "migrate",
        "gallerist:regions": "westus2, northeurope=2",
        "gallerist:definition": key.name("web"),
        "gallerist:galleries": f"{key.path(fleet.GALLERY)}, {key.path(fleet.GALLERY)}",
        "gallerist:consumers": f"{key.name('old cluster')} until 2027-01-01;{key.name('lab')} until 2027-02-01",
        "PlanInfo": key.name("lvm"),
        "owner": key.name("jane"),
        key.name("release"): "1.2.3",
    }


def decided(policy: Policy, image: ManagedImage) -> dict[str, Any]:
    decision = policy.decide(image, NOW)
    naming = name_targets(image, decision.choices)
    return {
        "rule": decision.rule,
        "ignores": decision.ignores,
        "regions": [(one.name, one.replicas) for one in decision.choices.regions or []],
        "galleries": [str(one).lower() for one in naming.galleries] if naming else None,
        "names": [naming.definition, naming.publisher, naming.offer] if naming else None,
        "sku": naming.sku if naming else None,
    }


def test_the_translated_policy_decides_the_same_about_every_image(migrated: Snapshot) -> None:
    key = Key(secret=SECRET)
    renamed = anonymised(migrated, key)
    real, other = parse_policy(POLICY, "p"), parse_policy(translated(POLICY, "p", key), "p")
    rules = set()
    for image, pseudonym in zip(managed_images(migrated), managed_images(renamed), strict=True):
        before, after = decided(real, image), decided(other, pseudonym)
        assert json.loads(key.revealed(json.dumps(after)).lower()) == json.loads(json.dumps(before).lower())
        rules.add(before["rule"])
    assert rules == {"scratch", "the web", "databases", "defaults"}


def test_the_translated_policy_has_no_name_and_tells_nobody(migrated: Snapshot) -> None:
    key = Key(secret=SECRET)
    anonymised(migrated, key)
    text = translated(POLICY, "p", key)
    names = ("web", "db", "jane", "example", "cluster", "golden", "platform", "builds", fleet.FIRST)
    assert [name for name in names if re.search(rf"\b{name}\b", text)] == []
    assert "2027-01-01" in text


@pytest.mark.parametrize(
    ("section", "refusal"),
    [
        (
            "name_pattern: '(?P<family>.+)-\\d\\d'",
            "name_pattern '(?P<family>.+)-\\d\\d' cannot be translated",
        ),
        ("definition: {name: 'golden-{image}'}", "definition.name 'golden-{image}' cannot be translated"),
        ("definition: {name: '{location}'}", "definition.name '{location}' cannot be translated"),
        ("match: {tags: {stage: 'pr*'}}", "match.tags.stage 'pr*' cannot be translated: it matches 2 values"),
    ],
)
def test_what_reads_parts_of_names_is_refused(migrated: Snapshot, section: str, refusal: str) -> None:
    staged = migrated.model_copy(deep=True)
    for image, stage in zip(staged.images, ("prod", "preview", "test"), strict=False):
        image["tags"] = {"stage": stage}
    key = Key(secret=SECRET)
    anonymised(staged, key)
    policy = f"defaults: {{galleries: [{fleet.GALLERY}]}}\nrules:\n  - name: one\n    {section}\n"
    with pytest.raises(TranslationError, match="rehearse with a snapshot that keeps names") as refused:
        translated(policy, "p", key)
    assert str(refused.value).startswith(refusal)


def test_every_text_of_a_policy_is_translated_or_is_no_name() -> None:
    """A new key of the policy belongs in one of the two."""
    schema = Policy.model_json_schema()
    texts = {path for path in paths_of_texts(schema, schema) if path[:1] != ("freeze",)}
    covered = {path for path in texts if any(path[: len(one)] == one for one in TRANSLATED | KEPT)}
    # short forms of sections and regions, whose texts are those of the first key
    short_forms = {("version",), ("verify",), ("promote",), ("retire_source",), ("regions",)}
    assert texts - covered - short_forms == set()


def paths_of_texts(
    schema: dict[str, Any], node: dict[str, Any], path: tuple[str, ...] = ()
) -> set[tuple[str, ...]]:
    """The paths of every text in a JSON schema, with rules and defaults as one."""
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    found = {path} if node.get("type") == "string" or "enum" in node or "const" in node else set()
    for part in (*node.get("anyOf", ()), *node.get("oneOf", ())):
        found |= paths_of_texts(schema, part, path)
    if isinstance(node.get("items"), dict):
        found |= paths_of_texts(schema, node["items"], path)
    if isinstance(node.get("additionalProperties"), dict):
        found |= paths_of_texts(schema, node["additionalProperties"], path)
    for name, inner in node.get("properties", {}).items():
        below = () if not path and name in ("rules", "defaults") else (*path, name)
        found |= paths_of_texts(schema, inner, below)
    return found


def test_a_key_is_read_back_by_its_owner_only(migrated: Snapshot, tmp_path: Any) -> None:
    key = Key()
    anonymised(migrated, key)
    path = tmp_path / "key.json"
    save_key(key, path)
    assert load_key(path) == key
    assert path.stat().st_mode & 0o077 == 0
    assert key.revealed(key.name("web-01")) == "web-01"
    with pytest.raises(SnapshotError, match="is no key"):
        load_key(written(tmp_path / "other.json", "{}x"))
