"""The policy's file: an error names the file, the line and the reason."""

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


def test_a_policy_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert [rule.name for rule in load_policy(path).rules] == ["web"]


def test_the_policy_that_is_shipped_can_be_used() -> None:
    shipped = load_policy(ROOT / "policy.yaml")
    assert shipped.rules
    assert shipped.defaults.action == "ignore"


def test_an_empty_file_is_refused_because_it_names_no_gallery() -> None:
    with pytest.raises(PolicyError, match=r"^policy p\.yaml.*no gallery is named"):
        parse_policy("", "p.yaml")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (GOOD + "    region: eastus2\n", 8, "rules.0.region: Extra inputs are not permitted"),
        (GOOD.replace('["web-*"]', "web-*"), 7, "rules.0.match.names: Input should be a valid list"),
        (
            GOOD.replace('["web-*"]', '["web-*", ""]'),
            7,
            "rules.0.match.names.1: String should have at least 1",
        ),
        (
            GOOD.replace(str(GALLERY), "golden"),
            3,
            "defaults.galleries.0: Value error, 'golden' is not the id",
        ),
        (GOOD.replace("- name: web", "- action: migrate"), 5, "rules.0.name: Field required"),
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
    place = f"policy p.yaml, line {line}: " if line else "policy p.yaml, line "
    assert str(refused.value).startswith(place)
    assert reason in str(refused.value)


def test_a_file_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"^policy gone\.yaml: cannot be read: No such file or directory$"):
        load_policy(tmp_path / "gone.yaml")


@pytest.mark.xfail(strict=True, reason="the line is that of the key's block, one too low")
def test_an_unknown_key_with_a_block_is_reported_where_it_stands() -> None:
    with pytest.raises(PolicyError, match=r"^policy p\.yaml, line 6: rules\.0\.matches: "):
        parse_policy(GOOD.replace("match:", "matches:"), "p.yaml")


@pytest.mark.xfail(strict=True, reason="what the whole policy's check finds is reported at line 1")
@pytest.mark.parametrize(
    ("text", "line"),
    [
        (GOOD + '    definition: {name: "{family}"}\n', 8),
        (GOOD + "  - name: web\n", 8),
    ],
    ids=["unknown group", "rule named twice"],
)
def test_an_error_of_a_whole_rule_names_its_line(text: str, line: int) -> None:
    with pytest.raises(PolicyError, match=rf"^policy p\.yaml, line ([5-7]|{line}): "):
        parse_policy(text, "p.yaml")


@pytest.mark.xfail(strict=True, reason="yaml.reader.ReaderError is no MarkedYAMLError")
def test_a_character_that_yaml_forbids_is_a_policy_error() -> None:
    with pytest.raises(PolicyError, match="not YAML"):
        parse_policy("defaults: \x00\n", "p.yaml")


@pytest.mark.xfail(strict=True, reason="UnicodeDecodeError is no OSError", raises=UnicodeDecodeError)
def test_a_file_that_is_not_utf_8_is_a_policy_error(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes("defaults: {} # grün".encode("latin-1"))
    with pytest.raises(PolicyError, match=r"^policy policy\.yaml: "):
        load_policy(path)


@pytest.mark.xfail(strict=True, reason="the first of two equal keys is dropped without a word")
def test_a_key_given_twice_is_refused() -> None:
    with pytest.raises(PolicyError, match=r"line 8.*rules"):
        parse_policy(GOOD + "rules: []\n", "p.yaml")
