"""The policy file: every error names the file, the line and the reason."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.policy_file import load_policy, parse_policy
from adapters.policy_yaml import DEEPEST, MOST_NODES
from domain.errors import PolicyError
from domain.field_errors import LONGEST_REASON, MOST_ERRORS
from domain.policy.sections import LONGEST_POLICY
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
    with pytest.raises(PolicyError, match=r"^policy policy\.yaml, line 1: not UTF-8: "):
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
    with pytest.raises(PolicyError, match=r"line 1: not YAML: an alias stands inside of what it repeats$"):
        parse_policy("&all\ndefaults: *all\n", "p.yaml")


MERGES = "a: &a {x: 1, y: 2}\n" + "".join(
    f"{name}: &{name} {{<<: [{', '.join([f'*{before}'] * 10)}]}}\n"
    for before, name in zip("abcdefg", "bcdefgh", strict=True)
)
# what PyYAML and Python raise for it, and where it is
HOSTILE = {
    "KeyError": ("!!bool maybe", "'maybe' cannot be read as bool"),
    "ValueError": ("!!int abc", "'abc' cannot be read as int"),
    "IndexError": ("!!int ''", "'' cannot be read as int"),
    "AttributeError": ("!!timestamp soon", "'soon' cannot be read as timestamp"),
    "too many digits": ("9" * 5000, "cannot be read as int"),
    "an unknown tag": ("!!python/object:os.system x", "could not determine a constructor for the tag"),
    "RecursionError": ("[" * 3000, f"nested more than {DEEPEST} levels deep"),
    "a character that does not exist": (r'"\UFFFFFFFF"', "cannot be read"),
    "half a surrogate pair": (r'"\ud800"', "half a surrogate pair"),
    "too many aliases": (f"[{'*g, ' * MOST_NODES}]", f"more than {MOST_NODES} keys and values"),
}


@pytest.mark.parametrize(("value", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_whatever_yaml_raises_is_a_policy_error_with_the_line(value: str, reason: str) -> None:
    with pytest.raises(PolicyError) as refused:
        parse_policy(
            GOOD.replace("defaults:", "defaults: &g") + f"    end_of_life_after_days: {value}\n", "p"
        )
    (fault,) = refused.value.faults
    assert fault.line == 8
    assert fault.message.startswith("not YAML: ")
    assert reason in fault.message
    assert len(fault.message) <= LONGEST_REASON + 20


def test_merge_keys_do_not_multiply() -> None:
    """Seven lines would make a policy of twenty million keys."""
    with pytest.raises(PolicyError, match=f"line 5: not YAML: more than {MOST_NODES} keys and values"):
        parse_policy(MERGES, "p")


def test_a_merge_key_may_be_overridden_and_faults_have_the_line_of_the_override() -> None:
    merged = f"""\
defaults: &base
  galleries: [{GALLERY}]
  end_of_life_after_days: 30
rules:
  - name: web
    <<: *base
    end_of_life_after_days: 60
"""
    assert parse_policy(merged, "p").rules[0].end_of_life_after_days == 60
    with pytest.raises(PolicyError, match=r"^policy p, line 7: rules\[0\]\.end_of_life_after_days: "):
        parse_policy(merged.replace("60", "0"), "p")


def test_a_policy_that_is_too_long_is_refused() -> None:
    with pytest.raises(PolicyError, match=f"^policy p: longer than {LONGEST_POLICY} characters; "):
        parse_policy("#" * (LONGEST_POLICY + 1), "p")


def test_the_first_errors_are_listed_and_the_others_counted() -> None:
    text = GOOD + "".join(f"    key{number}: {number}\n" for number in range(MOST_ERRORS + 7))
    with pytest.raises(PolicyError) as refused:
        parse_policy(text, "p")
    assert len(refused.value.faults) == MOST_ERRORS + 1
    assert str(refused.value).splitlines()[-1] == "policy p: 7 more errors are not listed"


def test_an_error_does_not_repeat_the_whole_value() -> None:
    gallery = "g" * 100_000
    with pytest.raises(PolicyError) as refused:
        parse_policy(GOOD.replace(str(GALLERY), gallery) + f"    ? {gallery}\n    : 1\n", "p")
    value, key = refused.value.faults
    assert value.message.endswith("/providers/Microsoft.Compute/galleries/{name}")
    assert key.message == "unknown key"
    assert len(str(refused.value)) < 2000


@given(st.text(alphabet=st.sampled_from("!&*<{}[]:,-?|>'\"\\%#~.\n\tab0e"), max_size=60))
def test_any_text_is_a_policy_or_a_policy_error(text: str) -> None:
    with suppress(PolicyError):
        parse_policy(text, "p")


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
