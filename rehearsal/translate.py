"""Translates a policy by the key of a snapshot with pseudonyms, and refuses what it cannot translate exactly."""

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

import yaml

from adapters.policy_file import parse_policy
from adapters.policy_yaml import read_yaml
from rehearsal.errors import TranslationError
from rehearsal.pseudonyms import Key
from rehearsal.tags import renamed_tag, renamed_value

Path = tuple[str, ...]
Translate = Callable[[Key, str, Any], Any]

# documented: a list of globs has at most 1000
MOST_GLOBS = 1000
_WILD = set("*?[")
# placeholders that render a name, which has a pseudonym, and those that render no name
_RENDER_NAMES = frozenset({"{image}", "{resource_group}", "{subscription}", "{definition}"})
_RENDER_NONE = ("{os_type}", "{generation}", "-", "linux", "windows", "gen1", "gen2")
_KEEP_NAMES = "rehearse with a snapshot that keeps names, or write the policy without it"


def translated(text: str, source: str, key: Key) -> str:
    """Returns the policy with pseudonyms.

    Raises:
        PolicyError: the policy is not valid.
        TranslationError: it has something that names cannot be taken out of exactly.
    """
    parse_policy(text, source)
    document = read_yaml(text).value
    return yaml.safe_dump(_walk(key, document, ()), sort_keys=False, allow_unicode=True)


def _walk(key: Key, value: Any, path: Path) -> Any:
    found = _translation(path)
    if found is not None and value is not None:
        return found(key, ".".join(path), value)
    if isinstance(value, Mapping):
        return {name: _walk(key, inner, _below(path, str(name))) for name, inner in value.items()}
    if isinstance(value, list):
        return [_walk(key, one, path) for one in value]
    return value


def _below(path: Path, name: str) -> Path:
    """The path of a key; rules and defaults have the same keys, and are one."""
    return () if not path and name in ("defaults", "rules") else (*path, name)


def _translation(path: Path) -> Translate | None:
    return _TRANSLATIONS.get(path)


def _name(key: Key, where: str, value: Any) -> str:  # noqa: ARG001 # as the others have it
    return key.name(str(value))


def _refused(key: Key, where: str, value: Any) -> Any:  # noqa: ARG001 # as the others have it
    raise TranslationError(
        f"{where} '{value}' cannot be translated: it reads parts of names, and pseudonyms have none; {_KEEP_NAMES}"
    )


def _globs_of(known: Callable[[Key], set[str]], exact: Callable[[Key, str], str]) -> Translate:
    """Translates a list of globs into the pseudonyms of all names of the snapshot that match."""

    def translate(key: Key, where: str, value: Any) -> list[str]:
        found: dict[str, None] = {}
        for glob in value:
            found |= dict.fromkeys(_expanded(key, str(glob), known(key), exact))
        if len(found) > MOST_GLOBS:
            raise TranslationError(
                f"{where} matches more than {MOST_GLOBS} names, too many for a list; {_KEEP_NAMES}"
            )
        return list(found)

    return translate


def _expanded(key: Key, glob: str, known: Iterable[str], exact: Callable[[Key, str], str]) -> list[str]:
    if set(glob) == {"*"}:
        return ["*"]
    if not set(glob) & _WILD:
        return [exact(key, glob)]
    # one that matches nothing stays one that matches nothing
    matching = [exact(key, one) for one in sorted(known) if fnmatchcase(one, glob.lower())]
    return matching or [key.name(glob)]


def _match_tags(key: Key, where: str, value: Any) -> dict[str, str]:
    return {
        renamed_tag(name, key): _tag_glob(key, f"{where}.{name}", name, str(glob))
        for name, glob in value.items()
    }


def _tag_glob(key: Key, where: str, name: str, glob: str) -> str:
    values = key.names.tags.get(name.lower(), set())
    matching = {one for one in values if fnmatchcase(one, glob.lower())}
    if not set(glob) & _WILD:
        return renamed_value(glob, key)
    if matching == values:
        # it matches every value that an image of the snapshot has
        return "*"
    if len(matching) > 1:
        raise TranslationError(
            f"{where} '{glob}' cannot be translated: it matches {len(matching)} values of the tag, and one glob cannot "
            f"name them all; {_KEEP_NAMES}"
        )
    return renamed_value(matching.pop(), key) if matching else key.name(glob)


def _template(key: Key, where: str, value: Any) -> str:
    text = str(value)
    if text in _RENDER_NAMES or not _without(text, _RENDER_NONE):
        return text
    return _refused(key, where, text) if "{" in text else key.name(text)


def _without(text: str, parts: Iterable[str]) -> str:
    for part in parts:
        text = text.replace(part, "")
    return text


def _path(key: Key, where: str, value: Any) -> str:
    text = str(value)
    if any("{" in part and part not in _RENDER_NAMES for part in text.split("/")):
        return str(_refused(key, where, text))
    return key.path(text)


def _each(one: Translate) -> Translate:
    return lambda key, where, value: [one(key, where, inner) for inner in value]


def _values(one: Translate) -> Translate:
    return lambda key, where, value: {name: one(key, where, inner) for name, inner in value.items()}


def _policy_tags(key: Key, where: str, value: Any) -> dict[str, str]:  # noqa: ARG001 # as the others have it
    """Tags that are written decide nothing here, so a template of several parts becomes one pseudonym."""
    return {
        renamed_tag(name, key): text
        if str(text) in _RENDER_NAMES
        else key.name(str(text).replace("{", "").replace("}", ""))
        for name, text in value.items()
    }


# the keys that hold names; rules and defaults alike
_TRANSLATIONS: Mapping[Path, Translate] = {
    ("name",): _name,
    ("match", "subscriptions"): _globs_of(lambda key: key.names.subscriptions, Key.subscription),
    ("match", "resource_groups"): _globs_of(lambda key: key.names.resource_groups, Key.name),
    ("match", "names"): _globs_of(lambda key: key.names.images, Key.name),
    ("match", "tags"): _match_tags,
    ("galleries",): _each(_path),
    ("name_pattern",): _refused,
    ("definition", "name"): _template,
    ("definition", "publisher"): _template,
    ("definition", "offer"): _template,
    ("definition", "sku"): _template,
    ("version", "tag"): lambda key, _, value: renamed_tag(str(value), key),
    ("tags",): _policy_tags,
    ("regions", "disk_encryption_set"): _path,
    ("verify", "resource_group"): _name,
    ("verify", "subnets"): _values(_path),
    ("retire_source", "consumers", "name"): _name,
    ("notify", "owner"): _name,
    # a rehearsal sends no notices
    ("notify", "topic"): lambda *_: None,
    ("notify", "webhook"): lambda *_: None,
}

# the keys with texts that are no names: choices among a few, regions, sizes of machines
KEPT: frozenset[Path] = frozenset(
    {
        ("action",),
        ("match", "os_type"),
        ("match", "locations"),
        ("definition", "security_type"),
        ("definition", "features", "SecurityType"),
        ("definition", "features", "DiskControllerTypes"),
        ("definition", "features", "IsAcceleratedNetworkSupported"),
        ("definition", "features", "IsHibernateSupported"),
        ("version", "strategy"),
        ("regions", "name"),
        ("regions", "storage_account_type"),
        ("replication", "waves"),
        ("verify", "mode"),
        ("verify", "regions"),
        ("verify", "sizes"),
        ("promote", "when"),
        ("promote", "rings"),
        ("retire_source", "when"),
        ("retire_source", "consumers", "until"),
    }
)
TRANSLATED: frozenset[Path] = frozenset(_TRANSLATIONS)
