"""The policy file: every error names the file, the line and the reason."""

from pathlib import Path

import pytest

from adapters.policy_file import load_policy, parse_policy
from domain.errors import PolicyError
from tests.unit.builders import GALLERY

ROOT = Path(__file__).parents[3]

GOOD = f"""\
defaults:
  galleries:
    - {GALLERY}
rules:
  - name: web
    match:
      names: ["web-*"]
"""


def test_a_policy_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert [rule.name for rule in load_policy(path).rules] == ["web"]


def test_the_shipped_policy_is_valid() -> None:
    shipped = load_policy(ROOT / "policy.yaml")
    assert shipped.rules
    assert shipped.defaults.action == "ignore"


def test_an_empty_file_is_refused_because_it_has_no_gallery() -> None:
    with pytest.raises(PolicyError, match=r"^policy p\.yaml.*no target gallery"):
        parse_policy("", "p.yaml")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (GOOD + "    region: eastus2\n", 8, "rules[0].region: unknown key"),
        (GOOD.replace('["web-*"]', "web-*"), 7, "rules[0].match.names: Input should be a valid list"),
        (
            GOOD.replace('["web-*"]', '["web-*", ""]'),
            7,
            "rules[0].match.names[1]: String should have at least 1",
        ),
        (
            GOOD.replace(str(GALLERY), "golden"),
            3,
            "defaults.galleries[0]: 'golden' is not the id",
        ),
        (GOOD.replace("- name: web", "- action: migrate"), 5, "rules[0].name: Field required"),
        (GOOD + "  regions: []\n", None, "not YAML"),
        (GOOD + "  - name: [web\n", None, "not YAML"),
        ("- defaults\n", 1, "valid dictionary"),
    ],
    ids=[
        "unknown key",
        "not a list",
        "empty glob",
        "not a gallery",
        "missing key",
        "bad indentation",
        "bracket left open",
        "a list",
    ],
)
def test_an_error_names_the_file_the_line_and_the_reason(text: str, line: int | None, reason: str) -> None:
    with pytest.raises(PolicyError) as refused:
        parse_policy(text, "p.yaml")
    start = f"policy p.yaml, line {line}: " if line else "policy p.yaml, line "
    assert str(refused.value).startswith(start)
    assert reason in str(refused.value)


def test_a_missing_file_is_a_policy_error(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"^policy gone\.yaml: cannot be read: No such file or directory$"):
        load_policy(tmp_path / "gone.yaml")


def test_an_unknown_key_with_a_block_is_reported_at_its_own_line() -> None:
    with pytest.raises(PolicyError, match=r"^policy p\.yaml, line 6: rules\[0\]\.matches: "):
        parse_policy(GOOD.replace("match:", "matches:"), "p.yaml")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (GOOD + '    definition: {name: "{family}"}\n', 8),
        (GOOD + "  - name: web\n", 8),
    ],
    ids=["unknown group", "duplicate rule name"],
)
def test_an_error_about_a_whole_rule_names_its_line(text: str, line: int) -> None:
    with pytest.raises(PolicyError, match=rf"^policy p\.yaml, line ([5-7]|{line}): "):
        parse_policy(text, "p.yaml")


def test_a_character_that_yaml_forbids_is_a_policy_error() -> None:
    with pytest.raises(PolicyError, match="not YAML"):
        parse_policy("defaults: \x00\n", "p.yaml")


def test_a_file_that_is_not_utf_8_is_a_policy_error(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes("defaults: {} # grün".encode("latin-1"))
    with pytest.raises(PolicyError, match=r"^policy policy\.yaml: "):
        load_policy(path)


def test_a_duplicate_key_is_refused() -> None:
    with pytest.raises(PolicyError, match=r"^policy p\.yaml, line 8: rules: duplicate key$"):
        parse_policy(GOOD + "rules: []\n", "p.yaml")


def test_every_fault_has_its_own_line() -> None:
    """Invalid keys, and faults of valid rules in combination with the defaults."""
    faulty = f"""\
defaults:
  galleries:
    - {GALLERY}
  end_of_life_after_days: 0
rules:
  - name: web
    exclude_from_latest: perhaps
    region: [eastus2]
  - name: db
    definition: {{name: "{{family}}"}}
    version: from-name
  - name: db
    name_pattern: "("
"""
    with pytest.raises(PolicyError) as refused:
        parse_policy(faulty, "p.yaml")
    assert [(fault.line, fault.field) for fault in refused.value.faults] == [
        (4, "defaults.end_of_life_after_days"),
        (7, "rules[0].exclude_from_latest"),
        (8, "rules[0].region"),
        (13, "rules[2].name_pattern"),
    ]
    with pytest.raises(PolicyError) as refused:
        parse_policy(faulty.replace("after_days: 0", "after_days: 1"), "p.yaml")
    assert [(fault.line, fault.field) for fault in refused.value.faults] == [
        (7, "rules[0].exclude_from_latest"),
        (8, "rules[0].region"),
        (10, "rules[1].definition.name"),
        (11, "rules[1].version"),
        (13, "rules[2].name_pattern"),
    ]
    assert str(refused.value).splitlines()[3] == (
        "policy p.yaml, line 11: rules[1].version: "
        "rule 'db': strategy from-name needs the groups major, minor, patch in name_pattern"
    )


def test_off_no_and_dates_are_text() -> None:
    """YAML 1.1 would read `off` and `no` as false and a date as a date, which nobody means in a policy."""
    tags = "tags: {since: 2026-01-15, country: no, backup: off}"
    match = parse_policy(GOOD.replace('names: ["web-*"]', tags), "p.yaml").rules[0].match
    assert match.tags == {"since": "2026-01-15", "country": "no", "backup": "off"}


def test_true_and_false_are_booleans() -> None:
    policy = parse_policy(GOOD + "    exclude_from_latest: false\n", "p.yaml")
    assert policy.rules[0].exclude_from_latest is False


def test_a_document_that_contains_itself_is_refused() -> None:
    with pytest.raises(PolicyError, match=r"line 2: defaults.defaults: "):
        parse_policy("&all\ndefaults: *all\n", "p.yaml")


def test_a_rule_and_the_defaults_together_cannot_have_too_many_tags() -> None:
    """What an organization requires must fit beside Gallerist's own tags."""
    of_defaults = "  tags: {" + ", ".join(f"d{number}: x" for number in range(21)) + "}\n"
    of_rule = "    tags: {" + ", ".join(f"r{number}: x" for number in range(20)) + "}\n"
    text = GOOD.replace("rules:\n", f"{of_defaults}rules:\n") + of_rule
    with pytest.raises(
        PolicyError, match=r"line 9: rules\[0\]\.tags: rule 'web': 41 tags with those of the defaults"
    ):
        parse_policy(text, "policy.yaml")


FEATURES = GOOD + "    definition:\n      features:\n        "
TAGS = GOOD + "    tags:\n      "


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (FEATURES + "DiskControllerType: NVMe", 10, "features.DiskControllerType: unknown key"),
        (FEATURES + "DiskControllerTypes: NVME2", 10, "'SCSI', 'NVMe' or 'SCSI, NVMe'"),
        (FEATURES + "DiskControllerTypes: SCSI, SCSI", 10, "'SCSI', 'NVMe' or 'SCSI, NVMe'"),
        (FEATURES + "SecurityType: ConfidentialVM", 10, "TrustedLaunchAndConfidentialVmSupported"),
        (FEATURES + "IsHibernateSupported: maybe", 10, "'True' or 'False'"),
        (GOOD + "    definition:\n      security_type: TrustedLaunch", 9, "TrustedLaunchSupported"),
        (TAGS + 'team: "{familly}"', 9, "'{familly}' uses unknown {familly}"),
        (TAGS + "a/b: x", 9, "the name of a tag cannot have /"),
        (TAGS + "gallerist-source: x", 9, "Gallerist keeps for its own tags"),
        (TAGS + "team: x\n      TEAM: y", 8, "these are one tag: TEAM, team"),
        (TAGS + f"team: {'x' * 257}", 9, "at most 256 characters"),
        (TAGS + "\n      ".join(f"t{n}: x" for n in range(41)), 8, "at most 40 items"),
    ],
)
def test_a_misspelt_feature_or_tag_is_an_error_with_its_line(text: str, line: int, reason: str) -> None:
    """A feature that Azure ignores would only show when a VM does not start."""
    with pytest.raises(PolicyError) as raised:
        parse_policy(text, "policy.yaml")
    (fault,) = raised.value.faults
    assert fault.line == line
    assert reason in str(fault)
