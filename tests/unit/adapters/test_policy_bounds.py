"""Each bound of a policy: what is at it is read, what is beyond it is refused with what is wrong and what to do.

Without its bound, a part makes work or an answer that grows faster than the policy is long.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from adapters.policy_file import parse_policy
from adapters.policy_yaml import DEEPEST, MOST_NODES
from domain.errors import PolicyError
from domain.field_errors import LONGEST_REASON, MOST_ERRORS
from domain.policy.patterns import MOST_REPETITIONS
from domain.policy.rules import LONGEST_RULE_NAME, MOST_FAULTS, MOST_RULES
from domain.policy.second_half import MOST_CONSUMERS, MOST_RINGS
from domain.policy.section import MOST_REGIONS
from domain.policy.sections import (
    LONGEST_GLOB,
    LONGEST_PATTERN,
    LONGEST_POLICY,
    LONGEST_TEMPLATE,
    MOST_GALLERIES,
    MOST_GLOBS,
    MOST_MATCHED_TAGS,
    MOST_POLICY_TAGS,
)
from domain.resources.provenance import LONGEST_TAG_NAME, LONGEST_TAG_VALUE
from tests.unit.builders import GALLERY

SUBNET = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/net/providers/Microsoft.Network"
    "/virtualNetworks/v/subnets/s"
)


def numbered(count: int) -> list[str]:
    return [f"n{number}" for number in range(count)]


def defaults(**choices: Any) -> str:
    return json.dumps({"defaults": {"galleries": [str(GALLERY)], **choices}})


def matching(**match: Any) -> str:
    rules = [{"name": "a", "match": match}]
    return json.dumps({"defaults": {"galleries": [str(GALLERY)]}, "rules": rules})


def rules(count: int) -> str:
    named = [{"name": f"r{number}", "action": "ignore"} for number in range(count)]
    return json.dumps({"defaults": {"galleries": [str(GALLERY)]}, "rules": named})


def galleries(count: int) -> str:
    return defaults(galleries=[f"{GALLERY}{number}" for number in range(count)])


def aliases(characters: int) -> str:
    """A text that an alias repeats; the other texts of the policy take up the rest."""
    name = "n" * ((characters - 200) // 2)
    rest = "r" * (characters - 2 * len(name) - len("rulesnamematchnamesname"))
    return f"rules:\n- {{name: &n {name}, match: {{names: [{rest}]}}}}\n- {{name: *n}}\n"


def nodes(count: int) -> str:
    """A list of short texts, in a document that has three more nodes."""
    return json.dumps({"x": ["y"] * (count - 3)})


def nested(levels: int) -> str:
    return "[" * (levels - 1) + "1" + "]" * (levels - 1)


FEWER, SHORTER = "; give fewer", "; shorten it"
BOUNDS: dict[str, tuple[Callable[[int], str], int, str]] = {
    "rules": (rules, MOST_RULES, FEWER),
    "name of a rule": (
        lambda n: defaults().replace("}}", '}, "rules": [{"name": "%s"}]}' % ("n" * n)),
        LONGEST_RULE_NAME,
        SHORTER,
    ),
    "galleries": (galleries, MOST_GALLERIES, FEWER),
    "globs": (lambda n: matching(names=numbered(n)), MOST_GLOBS, FEWER),
    "length of a glob": (lambda n: matching(names=["n" * n]), LONGEST_GLOB, SHORTER),
    "matched tags": (lambda n: matching(tags=dict.fromkeys(numbered(n), "*")), MOST_MATCHED_TAGS, FEWER),
    "name of a matched tag": (lambda n: matching(tags={"n" * n: "*"}), LONGEST_TAG_NAME, SHORTER),
    "matched locations": (lambda n: matching(locations=numbered(n)), MOST_REGIONS, FEWER),
    "name of the definition": (lambda n: defaults(definition={"name": "n" * n}), LONGEST_TEMPLATE, SHORTER),
    "publisher": (lambda n: defaults(definition={"publisher": "n" * n}), LONGEST_TEMPLATE, SHORTER),
    "offer": (lambda n: defaults(definition={"offer": "n" * n}), LONGEST_TEMPLATE, SHORTER),
    "SKU": (lambda n: defaults(definition={"sku": "n" * n}), LONGEST_TEMPLATE, SHORTER),
    "name pattern": (lambda n: defaults(name_pattern="n" * n), LONGEST_PATTERN, SHORTER),
    "tags": (lambda n: defaults(tags=dict.fromkeys(numbered(n), "x")), MOST_POLICY_TAGS, FEWER),
    "name of a tag": (lambda n: defaults(tags={"n" * n: "x"}), LONGEST_TAG_NAME, SHORTER),
    "value of a tag": (lambda n: defaults(tags={"x": "n" * n}), LONGEST_TAG_VALUE, SHORTER),
    "tag of the version": (lambda n: defaults(version={"tag": "n" * n}), LONGEST_TAG_NAME, SHORTER),
    "regions": (lambda n: defaults(regions=numbered(n)), MOST_REGIONS, FEWER),
    "rings": (lambda n: defaults(promote={"rings": [[name] for name in numbered(n)]}), MOST_RINGS, FEWER),
    "regions of a ring": (lambda n: defaults(promote={"rings": [numbered(n)]}), MOST_REGIONS, FEWER),
    "regions of a proof": (lambda n: defaults(verify={"regions": numbered(n)}), MOST_REGIONS, FEWER),
    "subnets": (
        lambda n: defaults(verify={"subnets": dict.fromkeys(numbered(n), SUBNET)}),
        MOST_REGIONS,
        FEWER,
    ),
    "consumers": (
        lambda n: defaults(
            retire_source={"consumers": [{"name": x, "until": "2027-01-01"} for x in numbered(n)]}
        ),
        MOST_CONSUMERS,
        FEWER,
    ),
    "repetitions of a pattern": (
        lambda n: defaults(name_pattern=f"n{{{n}}}"),
        MOST_REPETITIONS,
        r"or \{ for a brace",
    ),
    "length": (
        lambda n: defaults() + " " * (n - len(defaults())),
        LONGEST_POLICY,
        f"longer than {LONGEST_POLICY} characters; give the defaults what many rules repeat",
    ),
}


@pytest.mark.parametrize(("text", "bound", "fix"), BOUNDS.values(), ids=BOUNDS)
def test_what_is_beyond_a_bound_is_refused_with_what_to_do(
    text: Callable[[int], str], bound: int, fix: str
) -> None:
    parse_policy(text(bound), "p")
    with pytest.raises(PolicyError) as refused:
        parse_policy(text(bound + 1), "p")
    # where a key takes a word or a list, the first fault is that it is not the word
    fault = refused.value.faults[-1]
    assert fault.message.endswith(fix)
    assert str(bound) in fault.message
    assert len(fault.message) <= LONGEST_REASON


@pytest.mark.parametrize(
    ("text", "bound", "reason"),
    [
        (nodes, MOST_NODES, f"more than {MOST_NODES} keys and values with every alias written out"),
        (nested, DEEPEST, f"nested more than {DEEPEST} levels deep; nest less"),
        (aliases, LONGEST_POLICY, f"more than {LONGEST_POLICY} characters with every alias written out"),
    ],
    ids=["keys and values", "levels", "characters of the aliases"],
)
def test_a_document_at_a_bound_of_yaml_is_read_and_one_beyond_it_is_not(
    text: Callable[[int], str], bound: int, reason: str
) -> None:
    """What is read is no policy; it is refused for other reasons then."""
    with pytest.raises(PolicyError) as read:
        parse_policy(text(bound), "p")
    assert "not YAML" not in str(read.value)
    with pytest.raises(PolicyError) as refused:
        parse_policy(text(bound + 1), "p")
    (fault,) = refused.value.faults
    assert fault.message.startswith(f"not YAML: {reason}")


def test_what_the_defaults_have_wrong_is_not_told_for_each_rule() -> None:
    tags = {f"t{number}": "{unknown}" for number in range(MOST_POLICY_TAGS)}
    rules = [{"name": f"r{number}"} for number in range(MOST_RULES)]
    text = json.dumps({"defaults": {"galleries": [str(GALLERY)], "tags": tags}, "rules": rules})
    with pytest.raises(PolicyError) as refused:
        parse_policy(text, "p")
    assert len(refused.value.faults) == MOST_ERRORS + 1
    assert refused.value.faults[-1].message == (
        f"at least {MOST_FAULTS - MOST_ERRORS} more errors are not listed"
    )


def test_a_pattern_that_needs_too_much_memory_is_refused() -> None:
    """RE2 itself takes megabytes for it, and a policy may have hundreds."""
    with pytest.raises(PolicyError, match="pattern too large - compile failed"):
        parse_policy(defaults(name_pattern="[^x]{1,900}" * 40), "p")
    parse_policy(defaults(name_pattern=r"(?P<family>[\w.-]{1,80})-(?P<major>\d+)\.\d+"), "p")


@pytest.mark.parametrize("stray", ["{4294967295}", "{,5}", "{5,", "{ 2}", "{01}", "{", "{family}"])
def test_braces_that_repeat_nothing_are_refused(stray: str) -> None:
    """RE2 takes them for characters, so that no image would match."""
    with pytest.raises(PolicyError) as refused:
        parse_policy(defaults(name_pattern=f"n{stray}"), "p")
    (fault,) = refused.value.faults
    assert fault.message.startswith(f"'{stray}' in 'n{stray}' is no repetition of RE2")
    assert fault.message.endswith(r"up to 1000, or \{ for a brace")


@pytest.mark.parametrize(
    "pattern",
    [
        r"n{2}",
        "n{2,}",
        "n{0,1000}",
        r"n\{",
        "n[{]",
        "n[]{]",
        "[[:alpha:]{]",
        r"\x{6e}",
        r"\p{Greek}",
        r"\Qn{\E",
        r"[\]{]",
    ],
)
def test_braces_that_mean_something_else_are_read(pattern: str) -> None:
    assert parse_policy(defaults(name_pattern=pattern), "p").defaults.name_pattern == pattern


def test_globs_are_compiled_while_the_policy_is_read() -> None:
    """That happens in a thread: the first image would hold up everybody else."""
    policy = parse_policy(matching(names=["a*"]), "p")
    assert "_globs" in vars(policy.rules[0].match)
