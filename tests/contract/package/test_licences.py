"""What is shipped lets anybody use it: the licences of the locked requirements, as their authors state them."""

import re
from collections.abc import Iterable
from importlib import metadata

import pytest

from scripts.package import ROOT

LOCKED = re.findall(
    r"^([A-Za-z0-9._-]+)==", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE
)
# permissive ones by their SPDX ids; MPL asks for nothing of who does not change its files (certifi)
ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "PSF-2.0",
    "Unlicense",
}
# how packages of before PEP 639 write them, as a classifier or as a word
_NAMES = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}


def licences(expression: str | None, word: str, classifiers: Iterable[str]) -> set[str]:
    """Returns the licences of a package: its expression, or else its word or its classifiers."""
    if expression:
        # `A OR B` leaves the choice, so a part that is not allowed would have to be looked at by a person
        return set(re.split(r"\s+(?:AND|OR)\s+", expression))
    kinds = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License ::")]
    # some give both, and one of them is wrong: the word is the author's, unless it is the whole text
    named = [word] if word and "\n" not in word else kinds
    return {_NAMES.get(name, name) for name in named}


@pytest.mark.parametrize("name", sorted(set(LOCKED)))
def test_a_locked_requirement_has_a_permissive_licence(name: str) -> None:
    package = metadata.metadata(name)
    [expression] = package.get_all("License-Expression") or [None]
    [word] = package.get_all("License") or [""]
    found = licences(expression, word, package.get_all("Classifier") or [])
    assert found, "it states none"
    assert found <= ALLOWED


@pytest.mark.parametrize("text", ["GPL-3.0-only", "MIT AND AGPL-3.0-or-later", "Proprietary"])
def test_another_licence_is_seen(text: str) -> None:
    assert not licences(text, "", []) <= ALLOWED
    assert not licences(None, text, ["License :: OSI Approved :: MIT License"]) <= ALLOWED
